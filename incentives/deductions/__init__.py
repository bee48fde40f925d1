"""KPI deductions: proposed, decided, objected to."""
