inherit pv-example
