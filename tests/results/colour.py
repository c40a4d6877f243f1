"""Colours as sRGB, float (..., 3) from 0 to 1: their contrast, and how far apart they are for a reader."""

import numpy as np

# simulation of dichromacy on linear RGB. Source: Machado, Oliveira, Fernandes (2009), severity 1
VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # D65
TO_LAB = np.array([[0, 116, 0], [500, -500, 0], [0, 200, -200]])  # without the offset of L


def linear(colours: np.ndarray) -> np.ndarray:
    """Undo the gamma of sRGB."""
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the contrast as WCAG defines it: 1 to 21."""
    luminances = linear(np.stack(np.broadcast_arrays(one, other))) @ TO_XYZ[1]
    return (luminances.max(axis=0) + 0.05) / (luminances.min(axis=0) + 0.05)


def distances(colours: np.ndarray, vision: str) -> np.ndarray:
    """Return the CIE76 distances of every two colours, float (pairs,)."""
    seen = np.clip(linear(colours) @ np.transpose(VISION[vision]), 0, 1)
    white = TO_XYZ.sum(axis=1)
    xyz = seen @ TO_XYZ.T / white
    lab = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116) @ TO_LAB.T
    first, second = np.triu_indices(len(colours), 1)
    return np.linalg.norm(lab[first] - lab[second], axis=-1)
