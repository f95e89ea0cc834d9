/**
 * Variables, layers, losses, initial values, and what makes numbers of raw features, all hanging on
 * the model's scope ({@link dev.muster.trial.layer.Layers} is the door). Used while the model
 * function runs, on the thread that runs it; afterwards only the graph is left.
 *
 * <p>A variable's name in the graph is its name in checkpoints, so that TensorFlow's {@code
 * tf.train.load_checkpoint} reads them in Python under the names that Keras and {@code
 * tf.compat.v1.layers} use:
 *
 * <table>
 *   <caption>Variables of the layers</caption>
 *   <tr><th>layer</th><th>variables below the layer's name</th></tr>
 *   <tr><td>dense, conv2d</td><td>kernel, bias</td></tr>
 *   <tr><td>batchNormalization</td><td>gamma, beta, moving_mean, moving_variance</td></tr>
 *   <tr><td>layerNormalization</td><td>gamma, beta</td></tr>
 *   <tr><td>embedding, embeddingTable</td><td>embeddings</td></tr>
 *   <tr><td>wide</td><td>COLUMN/weights, bias_weights (as in tf.estimator's linear models)</td></tr>
 * </table>
 *
 * <p>Shapes have the batch first and images their channels last. Batches may have no record: a loss
 * is then not a number, which Muster does not count, and moving averages stay as they are.
 */
@NullMarked
package dev.muster.trial.layer;

import org.jspecify.annotations.NullMarked;
