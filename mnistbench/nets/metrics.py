"""Loss and accuracy of a net's outputs: the same code scores every net. No net and no file is known here."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Labels = NDArray[np.integer]


def log_loss(outputs: Floats, labels: Labels, *, from_logits: bool = False) -> float:
    """Return the mean cross-entropy in nats.

    Args:
        outputs: probabilities, or logits with ``from_logits``; shape (n, classes).
        labels: the right classes, shape (n,).
        from_logits: take the outputs for logits, and their log-sum-exp shifted by each row's maximum
            (Blanchard, Higham & Higham 2021, https://doi.org/10.1093/imanum/draa038), so that logits
            of any size give a finite loss.

    A probability of 0 counts as the smallest normal number of its dtype (1.2e-38 in float32), so that one
    sure mistake costs 87 nats and not infinity. NaN in gives NaN out.
    """
    right = outputs[np.arange(len(labels)), labels].astype(np.float64)
    if from_logits:
        shift = outputs.max(axis=1, keepdims=True)
        log_sum_exp = np.log(np.exp((outputs - shift).astype(np.float64)).sum(axis=1)) + shift[:, 0]
        return float(np.mean(log_sum_exp - right))
    return float(np.mean(-np.log(np.maximum(right, np.finfo(outputs.dtype).tiny))))


def accuracy(outputs: Floats, labels: Labels) -> float:
    """Return the fraction of rows whose largest output, shape (n, classes), stands at the label, shape (n,)."""
    return float(np.mean(outputs.argmax(axis=1) == labels))
