"""Which loop leaves the shares that were read: the table of loops, each with the shares that it leaves."""

from collections.abc import Callable

import numpy as np

from mnistbench.checking.compositions import Composition, cut, matches

Weigh = Callable[[int, int], float]  # what an image's gradient counts in a batch of a size, of the size asked for
Pattern = Callable[[int, int, Weigh], list[float] | None]  # from images and batch size: the shares of one epoch


def mean(size: int, _: int) -> float:
    """Return what an image counts in the mean over a batch."""
    return 1 / size


def _of(sizes: list[int], n: int, b: int, weigh: Weigh) -> list[float]:
    """Return the share of every image that is in batches of these sizes, once each; the rest of n have 0."""
    shares = [weigh(size, b) for size in sizes for _ in range(size)]
    return shares + [0.0] * (n - len(shares))


def _short_of_one(n: int, b: int, weigh: Weigh) -> list[float]:
    shares = [weigh(size, b) for size in cut(n, b) for _ in range(size - 1)]
    return shares + [0.0] * (n - len(shares))


def _even(n: int, b: int, weigh: Weigh) -> list[float]:
    parts = -(-n // b)
    return _of([n // parts + (i < n % parts) for i in range(parts)], n, b, weigh)


def _padded(n: int, b: int, weigh: Weigh) -> list[float]:
    missing = -n % b if n > b else 0
    return [2 * weigh(b, b)] * missing + [weigh(b, b)] * (n - missing)


def _merged(n: int, b: int, weigh: Weigh) -> list[float]:
    parts = max(1, n // b)
    return _of([n // parts + (i < n % parts) for i in range(parts)], n, b, weigh)


def _one_of_each(n: int, b: int, share: Weigh) -> list[float]:
    shares = [share(size, b) for size in cut(n, b)]
    return shares + [0.0] * (n - len(shares))


def _slices(n: int, b: int, weigh: Weigh, step: int, size: int) -> list[float]:
    """Return the shares that slices of a size leave which begin every so many images."""
    shares = np.zeros(n)
    for start in range(0, n, step):
        rows = shares[start : start + size]
        rows += weigh(len(rows), b)
    return list(shares)


def _one_further(n: int, b: int, weigh: Weigh, slices: int) -> list[float]:
    """Return the shares that so many slices leave which begin at 0, 1, 2, … as where the count of batches is taken."""
    shares = np.zeros(n)
    for start in range(slices):
        rows = shares[start : start + b]
        rows += weigh(len(rows), b)
    return list(shares)


def _own(size: int) -> Pattern:
    return lambda n, b, w: _of(cut(n, size), n, b, w) if size not in (b, 1) else None


LOOPS: dict[str, tuple[Pattern, ...]] = {
    "": (lambda n, b, w: _of(cut(n, b), n, b, w), _even),
    "full_batch": (lambda n, b, w: [w(n, n)] * n,),
    "one_image_a_step": (lambda n, b, w: [w(1, 1)] * n,),
    "one_image_of_batch": (
        lambda n, b, w: _one_of_each(n, b, lambda size, b: 1),
        lambda n, b, w: _one_of_each(n, b, w),
    ),
    "last_batch_dropped": (lambda n, b, w: _of([s for s in cut(n, b) if s == b], n, b, w),),
    "last_batch_lost": (lambda n, b, w: _of(cut(n, b)[:-1], n, b, w),),
    "first_batch_lost": (lambda n, b, w: _of(cut(n, b)[1:], n, b, w),),
    "last_image_lost": (lambda n, b, w: _of(cut(n - 1, b), n, b, w),),
    "image_of_batch_lost": (
        lambda n, b, w: _of([s - 1 for s in cut(n, b) if s > 1], n, b, w),
        _short_of_one,
        lambda n, b, w: _of([min(b - 1, s) for s in cut(n, b)], n, b, w),
    ),
    "first_batch_again": (lambda n, b, w: [len(cut(n, b)) * w(b, b)] * b + [0.0] * (n - b),),
    "first_batch_only": (lambda n, b, w: _of(cut(n, b)[:1], n, b, w),),
    "last_batch_only": (lambda n, b, w: _of(cut(n, b)[-1:], n, b, w),),
    "images_skipped": (lambda n, b, w: _of([min(b, n - s) for s in range(0, n, b + 1)], n, b, w),),
    "last_batch_padded": (_padded,),
    "short_batch_merged": (_merged,),
    "batch_overlaps": (
        lambda n, b, w: _slices(n, b, w, step=1, size=b),
        lambda n, b, w: _one_further(n, b, w, n // b),
        lambda n, b, w: _one_further(n, b, w, -(-n // b)),
    ),
    "image_of_next_batch": (lambda n, b, w: _slices(n, b, w, step=b, size=b + 1),),
    "own_batch_size": tuple(_own(size) for size in range(2, 12)),
}


def fitting(compositions: list[Composition], tolerance: float, weigh: Weigh = mean) -> list[str]:
    """Return the loops that leave the shares of every one of these single epochs; "" is the right one."""
    return [
        name
        for name, patterns in LOOPS.items()
        if any(all(_leaves(pattern, c, tolerance, weigh) for c in compositions) for pattern in patterns)
    ]


def _leaves(pattern: Pattern, seen: Composition, tolerance: float, weigh: Weigh) -> bool:
    shares = pattern(seen.images, seen.batch_size, weigh)
    return shares is not None and seen.left < tolerance and matches(seen.shares, shares, tolerance)


def never_trained(compositions: list[Composition], tolerance: float) -> bool:
    """Say whether in every size the same images have no share, with every seed, and others have one."""
    if any(seen.left > tolerance for seen in compositions):
        return False
    lost: dict[tuple[int, int], set[tuple[bool, ...]]] = {}
    for seen in compositions:
        gone = np.abs(seen.shares) < 0.1 * np.abs(seen.shares).max()
        lost.setdefault((seen.images, seen.batch_size), set()).add(tuple(map(bool, gone)))
    same = all(len(kinds) == 1 for kinds in lost.values())
    return same and any(any(kind) for kinds in lost.values() for kind in kinds)


def drawn(compositions: list[Composition], tolerance: float) -> bool:
    """Say whether images count whole numbers of times 1 / batch size, some twice or more and others not at all."""
    twice = False
    for seen in compositions:
        units = np.array(seen.shares) * seen.batch_size
        if seen.images % seen.batch_size == 0:
            if seen.left > tolerance or np.abs(units - np.rint(units)).max() > 0.1:
                return False
            twice = twice or (bool((np.rint(units) >= 2).any()) and bool((np.rint(units) == 0).any()))
    return twice


def same_every_epoch(one: Composition, several: Composition, tolerance: float) -> bool:
    """Say whether several epochs left so many times the shares of one, to whichever images."""
    return matches(several.shares, [share * several.epochs for share in one.shares], tolerance)


def in_given_order(seen: Composition, tolerance: float) -> bool:
    """Say whether the images at the end are those of the short batch."""
    rest = seen.images % seen.batch_size
    first, last = np.array(seen.shares[: seen.images - rest]), np.array(seen.shares[seen.images - rest :])
    steady = np.ptp(first) < tolerance * seen.epochs and np.ptp(last) < tolerance * seen.epochs
    return bool(steady and abs(first.mean() - last.mean()) > 2 * tolerance)
