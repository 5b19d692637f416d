"""How long from the AMI event that makes my phone ring to the card on my page: `python -m bench.pop [CALLS]`.

A simulated exchange sends recorded calls; the real listener, store, stream and Chromium are between. Prints the median
and the 99th percentile in milliseconds.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from demo.recordings import Made, as_records, call
from tests.web.test_pop_browser import DID, stage

NOTE = """
window.popped = {};
new MutationObserver(() => {
  const now = Date.now();
  for (const card of document.querySelectorAll(".pop.is-ringing"))
    if (!(card.id in window.popped)) window.popped[card.id] = now;
}).observe(document.documentElement, { childList: true, subtree: true, attributes: true });
"""


async def measure(calls: int) -> list[float]:
    """Return what each call took, in ms."""
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        async with stage(Path(folder), speed=6) as shown:
            page = await shown.desk("anna", "101")
            await page.evaluate(NOTE)
            for serial in range(1, calls + 1):
                sent: list[float] = []

                def note(block: bytes, sent: list[float] = sent) -> bytes:
                    if not sent and b"Event: Newchannel" in block and b"\r\nChannel: PJSIP/101-" in block:
                        sent.append(time.time() * 1000)
                    return block

                made = Made(time.time(), serial, f"+485010{serial:05d}", DID, wait=6, talk=6)
                await shown.simulator.wait_for_clients()
                await shown.simulator.replay(as_records(call("queue_second_phone", made)), note)
                await asyncio.sleep(0.3)
                popped = await page.evaluate("Object.values(window.popped)")
                took.append(max(popped) - sent[0])
    return took


def main() -> None:
    """Measure and print."""
    took = sorted(asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 50)))
    late = took[min(len(took) - 1, round(len(took) * 0.99))]
    print(f"{len(took)} calls: median {median(took):.0f} ms, 99th percentile {late:.0f} ms, slowest {took[-1]:.0f} ms")


if __name__ == "__main__":
    main()
