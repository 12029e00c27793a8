"""What there is to see once somebody is logged in."""
