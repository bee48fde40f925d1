"""Pages of campaigns, sales and imports."""
