"""Figures as SVG, and the colours that every medium shares."""
