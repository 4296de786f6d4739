"""What new versions would decide otherwise, who accepted them, and the way back."""
