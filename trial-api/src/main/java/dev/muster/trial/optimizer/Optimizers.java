package dev.muster.trial.optimizer;

import dev.muster.trial.layer.Variables;
import org.tensorflow.Graph;

/**
 * Muster's own optimizers, each with a number or a {@link LearningRate}. What else an optimizer
 * takes is set on what these methods return, before it is wrapped:
 *
 * <pre>{@code
 * m.optimizers().adam(LearningRate.cosineDecay(0.001f, 10_000).withWarmup(500)).clipByGlobalNorm(1)
 * }</pre>
 */
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
  public Sgd sgd(float learningRate) {
    return new Sgd(graph, variables, LearningRate.constant(learningRate));
  }

  /**
   * Gradient descent with a learning rate that changes.
   *
   * @param learningRate a schedule, or an operand
   */
  public Sgd sgd(LearningRate learningRate) {
    return new Sgd(graph, variables, learningRate);
  }

  /**
   * Gradient descent with momentum, Nesterov's by {@link Momentum#nesterov()}.
   *
   * @param learningRate above 0
   * @param momentum from 0 and below 1
   */
  public Momentum momentum(float learningRate, float momentum) {
    return new Momentum(graph, variables, LearningRate.constant(learningRate), momentum);
  }

  /**
   * Momentum with a learning rate that changes.
   *
   * @param learningRate a schedule, or an operand
   * @param momentum from 0 and below 1
   */
  public Momentum momentum(LearningRate learningRate, float momentum) {
    return new Momentum(graph, variables, learningRate, momentum);
  }

  /**
   * Adagrad with an initial accumulator of 0.1.
   *
   * @param learningRate above 0
   */
  public Adagrad adagrad(float learningRate) {
    return new Adagrad(graph, variables, LearningRate.constant(learningRate));
  }

  /**
   * Adagrad with a learning rate that changes.
   *
   * @param learningRate a schedule, or an operand
   */
  public Adagrad adagrad(LearningRate learningRate) {
    return new Adagrad(graph, variables, learningRate);
  }

  /**
   * Adam with beta1 0.9, beta2 0.999 and epsilon 1e-8.
   *
   * @param learningRate above 0
   */
  public Adam adam(float learningRate) {
    return new Adam(graph, variables, "Adam", LearningRate.constant(learningRate), 0);
  }

  /**
   * Adam with a learning rate that changes.
   *
   * @param learningRate a schedule, or an operand
   */
  public Adam adam(LearningRate learningRate) {
    return new Adam(graph, variables, "Adam", learningRate, 0);
  }

  /**
   * AdamW: Adam that also takes rate × weightDecay × variable off each variable.
   *
   * @param learningRate above 0
   * @param weightDecay from 0
   */
  public Adam adamW(float learningRate, float weightDecay) {
    return new Adam(graph, variables, "AdamW", LearningRate.constant(learningRate), weightDecay);
  }

  /**
   * AdamW with a learning rate that changes.
   *
   * @param learningRate a schedule, or an operand
   * @param weightDecay from 0
   */
  public Adam adamW(LearningRate learningRate, float weightDecay) {
    return new Adam(graph, variables, "AdamW", learningRate, weightDecay);
  }

  /**
   * RMSProp with decay 0.9, no momentum and epsilon 1e-10.
   *
   * @param learningRate above 0
   */
  public RmsProp rmsProp(float learningRate) {
    return new RmsProp(graph, variables, LearningRate.constant(learningRate));
  }

  /**
   * RMSProp with a learning rate that changes.
   *
   * @param learningRate a schedule, or an operand
   */
  public RmsProp rmsProp(LearningRate learningRate) {
    return new RmsProp(graph, variables, learningRate);
  }

  /**
   * FTRL-proximal with an initial accumulator of 0.1 and no regularization.
   *
   * @param learningRate above 0
   */
  public Ftrl ftrl(float learningRate) {
    return new Ftrl(graph, variables, LearningRate.constant(learningRate));
  }

  /**
   * FTRL with a learning rate that changes.
   *
   * @param learningRate a schedule, or an operand
   */
  public Ftrl ftrl(LearningRate learningRate) {
    return new Ftrl(graph, variables, learningRate);
  }
}
