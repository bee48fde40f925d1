"""WeChat's interfaces in groups, each a thin typed face of documented calls."""
