package dev.muster.trial.optimizer;

import dev.muster.trial.layer.Variables;
import org.tensorflow.Graph;

/** Muster's own optimizers. */
public final class Optimizers {
  private final Graph graph;
  private final Variables variables;

  /** Optimizers of this graph's variables. */
  public Optimizers(Graph graph, Variables variables) {
    this.graph = graph;
    this.variables = variables;
  }

  /**
   * Gradient descent: variable ← variable - rate × gradient.
   *
   * @param learningRate above 0
   */
  public Optimizer sgd(float learningRate) {
    return new Sgd(graph, variables, learningRate);
  }

  /**
   * Adam with beta1 0.9, beta2 0.999 and epsilon 1e-8.
   *
   * @param learningRate above 0
   */
  public Optimizer adam(float learningRate) {
    return adam(learningRate, 0.9f, 0.999f, 1e-8f);
  }

  /**
   * Adam (Kingma and Ba, 2015), in TensorFlow's formulation (epsilon outside the bias correction).
   *
   * @param learningRate above 0
   * @param beta1 decay of the mean of the gradients
   * @param beta2 decay of the mean of their squares
   * @param epsilon added to the denominator
   */
  public Optimizer adam(float learningRate, float beta1, float beta2, float epsilon) {
    return new Adam(graph, variables, learningRate, beta1, beta2, epsilon);
  }
}
