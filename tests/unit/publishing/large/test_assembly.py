"""The division of a published file into parts within S3's limits."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from asset_api.media.rewriting import NewBytes, OriginalBytes, Piece, ZeroBytes, pieces_size
from asset_api.publishing.large import assembly
from asset_api.publishing.large.assembly import CopiedPart, Part, RewrittenPart

MIB = assembly.MIB
LENGTHS = st.one_of(st.integers(1, 100), st.integers(1, 30 * MIB), st.integers(1, 600 * MIB))


@st.composite
def rewritings(draw: st.DrawFn) -> tuple[Piece, ...]:
    """Kept ranges in order, with bytes removed, zeroed and inserted between them."""
    position, pieces = 0, list[Piece]()
    for kind in draw(st.lists(st.sampled_from(["keep", "cut", "zeros", "insert"]), min_size=1, max_size=20)):
        length = draw(LENGTHS)
        if kind == "keep":
            pieces.append(OriginalBytes(position, position + length))
        elif kind == "zeros":
            pieces.append(ZeroBytes(length))
        elif kind == "insert":
            pieces.append(NewBytes(bytes(min(length, 100))))
        position += 0 if kind == "insert" else length
    return tuple(pieces)


def size(part: Part) -> int:
    return part.end - part.start if isinstance(part, CopiedPart) else pieces_size(part.pieces)


def flattened(parts: list[Part]) -> Iterator[Piece]:
    for part in parts:
        if isinstance(part, CopiedPart):
            yield OriginalBytes(part.start, part.end)
        else:
            yield from part.pieces


def normal(pieces: "Iterator[Piece] | tuple[Piece, ...]") -> list[tuple[object, ...]]:
    """Normalize pieces, so that equal bytes are equal lists."""
    found: list[tuple[object, ...]] = []
    for piece in pieces:
        match piece:
            case OriginalBytes(start, end):
                if found and found[-1][0] == "keep" and found[-1][2] == start:
                    found[-1] = ("keep", found[-1][1], end)
                elif start < end:
                    found.append(("keep", start, end))
            case ZeroBytes(length):
                if found and found[-1][0] == "zeros":
                    length += int(str(found.pop()[1]))
                found.append(("zeros", length))
            case NewBytes(data):
                if found and found[-1][0] == "insert":
                    data = bytes(found.pop()[1]) + data  # type: ignore[call-overload]
                found.append(("insert", data))
    return found


@given(rewritings())
def test_the_parts_make_up_the_rewritten_file_within_s3s_limits(pieces: tuple[Piece, ...]) -> None:
    parts = list(assembly.divide(pieces))
    assert normal(flattened(parts)) == normal(pieces)
    assert all(size(part) >= 5 * MIB for part in parts[:-1])
    for part in parts:
        most = assembly.COPIED_BYTES
        if isinstance(part, RewrittenPart):
            most = assembly.WRITTEN_BYTES + assembly.MIN_PART_BYTES
        assert 0 < size(part) <= most


def test_the_largest_unchanged_file_is_copied_in_38_parts() -> None:
    parts = list(assembly.divide((OriginalBytes(0, 5_000_000_000),)))
    assert len(parts) == 38
    assert all(isinstance(part, CopiedPart) for part in parts)


def test_a_change_at_the_start_rewrites_five_mebibytes() -> None:
    parts = list(assembly.divide((OriginalBytes(0, 40), ZeroBytes(100), OriginalBytes(140, 1024 * MIB))))
    assert [type(part) for part in parts] == [RewrittenPart] + [CopiedPart] * 8
    assert size(parts[0]) == 5 * MIB


def test_changes_throughout_stay_within_s3s_ten_thousand_parts() -> None:
    step = 64 * 1024
    pieces = [
        piece for at in range(0, 5 * 1024 * MIB, step) for piece in (OriginalBytes(at, at + step - 8), ZeroBytes(8))
    ]
    assert sum(1 for _ in assembly.divide(pieces)) == 640
