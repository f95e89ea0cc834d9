package dev.muster.trial.layer;

/** What a window does at the image's edges. */
public enum Padding {
  /** Windows stay inside: the output has ceil((size - window + 1) / stride) places. */
  VALID,
  /** Zeros are added around, more of them at the end: the output has ceil(size / stride) places. */
  SAME
}
