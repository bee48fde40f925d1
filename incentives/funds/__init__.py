"""The maintenance fund and the team reserve: article fees and expenses."""
