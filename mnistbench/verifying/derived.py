"""What several claims say together, or the weights: an order at every size, and equality bit for bit."""

from collections.abc import Iterator, Sequence

from mnistbench.judging import Claim, claims
from mnistbench.verifying import changes, rules
from mnistbench.verifying.finding import Finding, Verdict
from mnistbench.verifying.matching import NOT_RUN, Matches
from mnistbench.verifying.side import Side
from mnistbench.verifying.wording import Words


def orders(old: Sequence[Claim], matches: Matches, words: Words) -> Iterator[Finding]:
    """Yield for each pair of nets that one of them is faster at all of several points, in either time.

    Where some of the points were not run at all, it is said of those that were.
    """
    for kind in claims.TIMES:
        pairs: dict[frozenset[str], list[Claim]] = {}
        for claim in old:
            if claim.kind == kind:
                pairs.setdefault(frozenset(claim.nets), []).append(claim)
        for several in pairs.values():
            alike = {claim.nets for claim in several if claim.holds}
            if len(several) > 1 and len(alike) == 1 and all(claim.holds for claim in several):
                run = [claim for claim in several if matches.of(claim) or matches.missing(claim).why != NOT_RUN]
                told = run or several
                yield Finding(
                    kind.replace("faster", "order"), words.of_order(told, len(several)), _order(told, matches)
                )


def _order(several: Sequence[Claim], matches: Matches) -> Verdict:
    """Say that an order holds where it is found at each point, and does not where one shows the other order."""
    found = [(claim, matches.of(claim)) for claim in several]
    if any(rules.reverses(claim, new) for claim, answers in found for new in answers[:1]):
        return Verdict(False, "the other way round at a point")
    missing = [claim for claim, answers in found if not answers]
    if missing:
        return Verdict(None, matches.missing(missing[0]).why)
    same = all((rules.ratio(claim, answers[0]).value or 0) > 1 for claim, answers in found)
    return Verdict(True) if same else Verdict(None, "not shown at every point")


def weights(old: Side, new: Side, words: Words) -> Iterator[Finding]:
    """Yield for each net whether the runs that both sides have ended in the same weights, bit for bit.

    Equal specs on equal machines with equal versions give equal weights: only there do others speak against it.
    """
    theirs = old.runs[old.runs["weights_sha256"].notna() & (old.runs["status"] == "ok")]
    ours = new.runs[new.runs["weights_sha256"].notna()].set_index("run_id")["weights_sha256"]
    for net, lines in theirs.groupby("net", sort=False):
        both = lines[lines["run_id"].isin(ours.index)]
        sentence = words.of_weights(str(net))
        if both.empty:
            yield Finding("same_weights", sentence, Verdict(None, "no run in common"))
            continue
        equal = int((both["weights_sha256"].to_numpy() == ours.loc[both["run_id"]].to_numpy()).sum())
        told = f"{equal} of {len(both)} runs"
        if equal == len(both):
            yield Finding("same_weights", sentence, Verdict(True, told))
            continue
        differing = changes.unlike(old, new, str(net))
        why = f"{told}; {differing}" if differing else told
        yield Finding("same_weights", sentence, Verdict(None if differing else False, why))
