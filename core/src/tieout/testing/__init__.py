from tieout.testing.samples import Sample, terms

__all__ = ["Sample", "terms"]
