"""The machine a run is on: cores, peak, versions, the environment of a process. Nets and rows are not known here."""
