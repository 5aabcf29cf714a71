"""Reports: across campaigns, and of one campaign."""
