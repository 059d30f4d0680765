"""Seeds that are known to fail, each with words of its failure; whoever mends the fault takes its seeds off."""

KNOWN = {}
