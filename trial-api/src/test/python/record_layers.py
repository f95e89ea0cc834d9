"""Records what TensorFlow 2.18's Python (tf_keras, which has TensorFlow v1's layer semantics) gives
for the inputs and weights that it writes beside: src/test/resources/dev/muster/trial/layer/layers.txt.
One array a line: NAME, its shape joined by 'x', its values in row-major order.

  python record_layers.py > ../resources/dev/muster/trial/layer/layers.txt
"""
import numpy as np
import tensorflow as tf
import tf_keras as keras

random = np.random.RandomState(7)


def record(name, array):
    array = np.asarray(array)
    kind = "%d" if array.dtype.kind == "i" else "%.9g"
    print(name, "x".join(map(str, array.shape)) or "scalar", *[kind % v for v in array.reshape(-1)])


def draw(*shape):
    return random.normal(size=shape).astype(np.float32)


images = draw(2, 6, 5, 3)
record("images", images)

for case, size, options in [
        ("conv_plain", 3, {}),
        ("conv_same_strided", 3, dict(padding="same", strides=2)),
        ("conv_dilated", 2, dict(dilation_rate=2, padding="same")),
]:
    layer = keras.layers.Conv2D(4, size, activation="relu", bias_initializer="ones", **options)
    outputs = layer(images)
    record(case + "/kernel", layer.kernel.numpy())
    record(case, outputs.numpy())

record("max_pool", keras.layers.MaxPool2D(2)(images).numpy())
record("max_pool_same", keras.layers.MaxPool2D(3, strides=2, padding="same")(images).numpy())
record("average_pool", keras.layers.AveragePooling2D(2)(images).numpy())
record("average_pool_same", keras.layers.AveragePooling2D(3, strides=2, padding="same")(images).numpy())
record("global_average_pool", keras.layers.GlobalAveragePooling2D()(images).numpy())

rows = draw(5, 4) * 3 + 1
record("rows", rows)
for case, inputs in [("batch_norm_images", images), ("batch_norm_rows", rows)]:
    layer = keras.layers.BatchNormalization(momentum=0.9, gamma_initializer="ones")
    layer.build(inputs.shape)
    gamma, beta = draw(inputs.shape[-1]), draw(inputs.shape[-1])
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    record(case + "/gamma", gamma)
    record(case + "/beta", beta)
    for step in (1, 2):
        record(case + "/train_%d" % step, layer(inputs * step, training=True).numpy())
        record(case + "/moving_mean_%d" % step, layer.moving_mean.numpy())
        record(case + "/moving_variance_%d" % step, layer.moving_variance.numpy())
    record(case + "/eval", layer(inputs, training=False).numpy())

layer = keras.layers.LayerNormalization()
layer.build(rows.shape)
gamma, beta = draw(4), draw(4)
layer.gamma.assign(gamma)
layer.beta.assign(beta)
record("layer_norm/gamma", gamma)
record("layer_norm/beta", beta)
record("layer_norm", layer(rows).numpy())

layer = keras.layers.Dense(3, activation="tanh")
sequences = draw(2, 3, 4)
record("sequences", sequences)
outputs = layer(sequences)
record("dense_sequences/kernel", layer.kernel.numpy())
record("dense_sequences", outputs.numpy())

points = np.array([-30, -3, -1, -0.1, 0, 0.1, 1, 3, 7, 30], np.float32)
record("points", points)
for name, function in dict(
        RELU=tf.nn.relu, RELU6=tf.nn.relu6, LEAKY_RELU=tf.nn.leaky_relu, ELU=tf.nn.elu, SELU=tf.nn.selu,
        GELU=tf.nn.gelu, SWISH=tf.nn.swish, SOFTPLUS=tf.nn.softplus, SOFTSIGN=tf.nn.softsign,
        SIGMOID=tf.nn.sigmoid, TANH=tf.nn.tanh, SOFTMAX=tf.nn.softmax).items():
    record("activation_" + name, function(points).numpy())

# Losses, per record; the tests take their means.
logits, targets = draw(6, 4) * 2, draw(6, 4)
classes = np.array([0, 3, 1, 1, 2, 0], np.int64)
binary = (draw(6, 4) > 0).astype(np.float32)
weights = np.array([1, 0, 2, 0.5, 1, 3], np.float32)
for name, array in dict(logits=logits, targets=targets, classes=classes, binary=binary, weights=weights).items():
    record("losses/" + name, array)
one_hot = tf.one_hot(classes, 4).numpy()
smoothed = one_hot * 0.9 + 0.1 / 4
mean = keras.losses.Reduction.SUM_OVER_BATCH_SIZE
losses = dict(
    sparse_softmax=(keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=mean), classes),
    smoothed_softmax=(keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, reduction=mean), one_hot),
    sigmoid=(keras.losses.BinaryCrossentropy(from_logits=True, reduction=mean), binary),
    mean_squared_error=(keras.losses.MeanSquaredError(reduction=mean), targets),
    mean_absolute_error=(keras.losses.MeanAbsoluteError(reduction=mean), targets),
    huber=(keras.losses.Huber(delta=0.7, reduction=mean), targets),
    hinge=(keras.losses.Hinge(reduction=mean), binary),
)
for name, (loss, labels) in losses.items():
    record("losses/" + name, loss(labels, logits).numpy())
    record("losses/" + name + "_weighted", loss(labels, logits, sample_weight=weights).numpy())
weights_of_layer = draw(3, 2)
record("regularized", weights_of_layer)
record("regularized/l1", keras.regularizers.L1(0.3)(weights_of_layer).numpy())
record("regularized/l2", keras.regularizers.L2(0.3)(weights_of_layer).numpy())

table = draw(7, 3)
ids = np.array([[0, 6], [3, 3], [5, 1]], np.int64)
record("embedding/table", table)
record("embedding/ids", ids)
record("embedding", tf.gather(table, ids).numpy())

terms = ["", "a", "ab", "abc", "abcd", "Bachelors", "a string of nineteen", "Grüße aus Köln"] + [
    ("0123456789abcdef" * 20)[:n] for n in (15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 66, 100, 127, 128, 129, 191, 192, 193, 255, 300)]
record("hash/lengths", np.array([len(t.encode()) for t in terms], np.int64))
record("hash/buckets", tf.strings.to_hash_bucket_fast(terms, 2**63 - 1).numpy())
record("hash/buckets_100", tf.strings.to_hash_bucket_fast(terms, 100).numpy())
