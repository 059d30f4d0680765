"""The program: the command line and the schedule, over the library `tieout`."""
