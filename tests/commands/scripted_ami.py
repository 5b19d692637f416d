"""An AMI server that answers from a list: for refusals, silences and cuts that no real exchange gives on demand."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
SUCCESS = "Response: Success"
GOODBYE = "Response: Goodbye"


@dataclass
class Scripted:
    """`answers` maps an action to the lines of its answer; None is silence. `asked` holds what came, in order."""

    answers: dict[str, str | None]
    banner: bytes = BANNER
    asked: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    def serve(self, server: socket.socket) -> None:
        """Serve one client until it leaves."""
        client, _ = server.accept()
        with client, client.makefile("rb") as stream, suppress(OSError):
            client.sendall(self.banner)
            block: dict[str, str] = {}
            for line in stream:
                text = line.decode().rstrip("\r\n")
                if text:
                    key, _, value = text.partition(": ")
                    block[key] = value
                elif block:
                    self.asked.append(block)
                    answer = self.answers.get(block["Action"], f"{SUCCESS}\r\nMessage: fine")
                    if answer == "":
                        return
                    if answer is not None:
                        head, _, rest = answer.partition("\r\n")
                        lines = [head, f"ActionID: {block['ActionID']}", *([rest] if rest else []), "", ""]
                        client.sendall("\r\n".join(lines).encode())
                    block = {}


@contextmanager
def scripted(answers: Mapping[str, str | None] | None = None, banner: bytes = BANNER) -> Iterator[Scripted]:
    """Run the server on a free port for as long as the block lasts."""
    script = Scripted({"Logoff": GOODBYE, **(answers or {})}, banner)
    with socket.create_server(("127.0.0.1", 0)) as server:
        script.port = server.getsockname()[1]
        thread = threading.Thread(target=script.serve, args=(server,), daemon=True)
        thread.start()
        yield script
        with suppress(OSError):  # nobody may have come
            socket.create_connection(("127.0.0.1", script.port), 1).close()
        thread.join(5)
