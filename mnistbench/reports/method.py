"""How the figures of a report were measured, in the words that every page shows."""

HOW_MEASURED = """\
- Each run is one process of its own, started afresh, and the nets take turns.
- Time is the original's: building (with compiling) and training. Importing, reading the data and scoring are
  outside it and have columns of their own. Scoring never runs on the training clock.
- Every net is scored by the same code, over the whole test and training set, after the last epoch.
- As shipped, each net starts and shuffles as its own library does, which is given the seed. Controlled, every net
  starts from the same weights and sees the same batches; the copy that permutes the images is off every net's clock.
- Threads are limited by environment variables, by the library's own setting where it has one, and by
  processor affinity; the environment is an allow-list, so that nobody's settings reach a run.
- A cold start is importing, building, and what the first epoch took beyond a steady one; it is repaid after the
  epochs from which on the net, start and all, is not behind the first net of its point.
- Accuracy and loss are the mean over seeds, with ± one standard deviation where there are several.
- Nets are compared seed by seed. The ratio of times is that of the medians, its interval comes from the differences
  of log times. An accuracy is "no difference larger than 0.1 points" where two one-sided paired t-tests (5 %) say so.
- A run is flagged, not dropped, where others had more than 5 % of its cores' time while it trained (other processes,
  or the host of the machine), or where more threads ran than there are cores. A net's own unevenness is no flag. Of a
  run that was repeated the last attempt counts; the earlier ones are listed with it.
- A published row counts as reproduced within 0.4 points of test accuracy and 0.010 of test loss."""
