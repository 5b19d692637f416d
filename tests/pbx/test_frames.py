"""Framing: the same bytes give the same blocks, however they were cut."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pbx.frames import MAX_FRAME, Framer

END = b"\r\n\r\n"
pieces = st.sampled_from(
    [b"\r\n\r\n", b"\r\n", b"\r", b"\n", b"Event: Hangup", b"CallerIDName: ", "Łukasz".encode(), "\u2028".encode(),
     "\x85".encode(), b"\x0b", b"\x0c", b"\xff\xfe", b"\x00", b": ", b"x" * 30]
)
streams = st.lists(pieces, max_size=40).map(b"".join)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut `data` at `places` (taken modulo its length)."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def fed(chunks: list[bytes], max_frame: int = MAX_FRAME) -> tuple[list[bytes], int]:
    framer = Framer(max_frame=max_frame)
    return [block for chunk in chunks for block in framer.feed(chunk)], framer.dropped


@given(streams, st.lists(st.integers(min_value=0), max_size=12))
def test_any_cut_of_the_bytes_gives_the_same_blocks(data: bytes, places: list[int]) -> None:
    assert fed(cut(data, places)) == fed([data])


@given(streams)
def test_one_byte_at_a_time_gives_the_same_blocks(data: bytes) -> None:
    assert fed([data[i : i + 1] for i in range(len(data))]) == fed([data])


@given(streams, st.lists(st.integers(min_value=0), max_size=12), st.integers(1, 60))
def test_an_oversize_block_is_dropped_alike_at_any_cut(data: bytes, places: list[int], limit: int) -> None:
    whole = data + END  # an unfinished block is counted once it is too long, so let every block end
    blocks, dropped = fed([whole], max_frame=limit)
    assert fed(cut(whole, places), max_frame=limit) == (blocks, dropped)
    assert all(len(block) <= limit for block in blocks)


@given(st.lists(st.binary(min_size=1).filter(lambda b: END not in b + b"\r\n" and b == b.strip(b"\r\n"))))
def test_whole_blocks_come_out_as_they_went_in(blocks: list[bytes]) -> None:
    assert fed([b"".join(block + END for block in blocks)]) == (blocks, 0)


def test_an_endless_block_takes_bounded_memory_and_the_rest_goes_on() -> None:
    framer = Framer(max_frame=1000)
    for _ in range(100):
        assert framer.feed(b"x" * 999) == []
        assert framer.unfinished <= 2000
    assert framer.feed(b"\r\n\r\nEvent: A\r\n\r\n") == [b"Event: A"]
    assert framer.dropped == 1


def test_line_breaks_of_unicode_never_split_a_block() -> None:
    block = "Event: Newchannel\r\nCallerIDName: a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\nh".encode()
    assert fed([block + END]) == ([block], 0)


def test_an_unfinished_block_is_held_back() -> None:
    framer = Framer()
    assert framer.feed(b"Event: A\r\n\r") == []
    assert framer.unfinished == 11
    assert framer.feed(b"\n") == [b"Event: A"]
    assert framer.unfinished == 0
