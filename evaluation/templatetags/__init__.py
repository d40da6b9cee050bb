"""What other apps' templates show of evaluation."""
