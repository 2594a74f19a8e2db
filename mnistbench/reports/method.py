"""How the figures of a report were measured, in the words that every page shows."""

HOW_MEASURED = """\
- Each run is one process of its own, started afresh, and the nets take turns.
- There are two times, and each number says which it is. To the end of training is the original's: building (with
  compiling) and training. A steady epoch is the median of the epochs after the first. Importing, reading the data and
  scoring are outside both and have columns of their own. Scoring never runs on the training clock.
- Every net is scored by the same code, over the whole test and training set, after the last epoch.
- As shipped, each net starts and shuffles as its own library does, which is given the seed. Controlled, every net
  starts from the same weights and sees the same batches; the copy that permutes the images is off every net's clock.
- Threads are limited by environment variables, by the library's own setting where it has one, and by
  processor affinity; the environment is an allow-list, so that nobody's settings reach a run.
- A cold start is importing, building, and what the first epoch took beyond a steady one; it is repaid after the
  epochs from which on the net, start and all, is not behind the first net of its point.
- Accuracy and loss are the mean over seeds, with ± one standard deviation where there are several.
- Right comes before fast. No net is called faster, or marked as the best, that failed a certificate, has less than
  20 % right, or is more than 0.4 points of test accuracy below the median of the others (with several seeds also by an
  interval below 0); nor is another called faster than it. A net of one's own is compared where it shows its weights in
  the shapes of 784–H–10, and only then has it a percentage of the machine's peak. Training of less than 0.2 s has no
  ratio.
- Nets are compared seed by seed. The ratio of times is that of the medians, its interval comes from the differences
  of log times. A net is faster where the interval is above 1 and the ratio at least 1.05; with one seed, which has no
  interval, where the ratio is at least 1.5, three times the deviation between seeds. An accuracy is "no difference
  larger than 0.1 points" where two one-sided paired t-tests (5 %) say so.
- A run is flagged, not dropped, where others had more than 5 % of its cores' time while it trained (other processes,
  or the host of the machine; nothing is said of less than half a second), or where more threads ran than there are
  cores. A net's own unevenness is no flag. Of a
  run that was repeated the last attempt counts; the earlier ones are listed with it.
- A published row counts as reproduced within 0.4 points of test accuracy and 0.010 of test loss.
- The best time or test accuracy of a point is marked where it is shown to be better than that of each other net that
  is compared there.
- claims.json has each verdict as data: its kind, nets, point, numbers, interval, rule, and whether it holds."""
