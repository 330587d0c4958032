"""An owner's assets: ids, names, options, the catalog and its lists."""
