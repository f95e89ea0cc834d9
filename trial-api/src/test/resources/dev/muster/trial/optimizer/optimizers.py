"""Records what TensorFlow's own optimizers, schedules and clips do: writes optimizers.txt beside this file.

python optimizers.py    (TensorFlow 2.18.1 with tf_keras; CPU)

Lines, blank-separated:
  dense STEP gradient[3]                      the gradients that every case is given
  rows STEP COUNT ids[COUNT] gradient[2*COUNT]
  names CASE DENSE|ROWS variables…
  after CASE DENSE|ROWS STEP values…          the variable after the step
  schedule CASE STEP rate
  clip CASE in|out a[3] b[4]
"""
import math
import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import numpy as np
import tensorflow as tf
import tf_keras

v1 = tf.compat.v1
f32 = np.float32
STEPS = 20
START = f32([1, -2, 0.5])
TABLE = f32([[1, -1], [0.5, 2], [-0.25, 0.125], [3, -3]])
out = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.txt"), "w")


def line(*parts):
    out.write(" ".join(f"{p:.9g}" if isinstance(p, (float, np.floating)) else str(p) for p in parts) + "\n")


def dense_gradient(t):
    return f32([math.sin(1.3 * t + i) * (1 + 0.1 * t) for i in range(3)])


def rows_gradient(t):
    ids = sorted({t % 4, (2 * t + 1) % 4})
    return np.int64(ids), f32([[math.cos(0.7 * t + 2 * i + j) for j in range(2)] for i in ids])


for t in range(STEPS):
    line("dense", t, *dense_gradient(t))
    ids, rows = rows_gradient(t)
    line("rows", t, len(ids), *ids, *rows.ravel())

V1 = {
    "sgd": lambda: v1.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: v1.train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda: v1.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adagrad": lambda: v1.train.AdagradOptimizer(0.1),
    "adam": lambda: v1.train.AdamOptimizer(0.1),
    "adam-other": lambda: v1.train.AdamOptimizer(0.01, 0.8, 0.99, 1e-3),
    "rmsprop": lambda: v1.train.RMSPropOptimizer(0.1),
    "rmsprop-momentum": lambda: v1.train.RMSPropOptimizer(0.01, 0.8, 0.5, 1e-3),
    "rmsprop-centered": lambda: v1.train.RMSPropOptimizer(0.01, 0.8, 0.5, 1e-3, centered=True),
    "ftrl": lambda: v1.train.FtrlOptimizer(0.1),
    "ftrl-regularized": lambda: v1.train.FtrlOptimizer(
        0.1, -0.7, 0.2, l1_regularization_strength=0.05, l2_regularization_strength=0.02,
        l2_shrinkage_regularization_strength=0.01),
}


def record_v1(case, kind, make):
    with tf.Graph().as_default(), v1.Session() as session:
        w = v1.get_variable("w", initializer=START if kind == "dense" else TABLE, use_resource=False)
        values = v1.placeholder(tf.float32, [3] if kind == "dense" else [None, 2])
        ids = v1.placeholder(tf.int64, [None])
        gradient = values if kind == "dense" else tf.IndexedSlices(values, ids, tf.constant([4, 2]))
        step = make().apply_gradients([(gradient, w)])
        names = [v.op.name for v in v1.global_variables() if v.op.name != "w"]
        line("names", case, kind, *sorted(names))
        session.run(v1.global_variables_initializer())
        for t in range(STEPS):
            feeds = {values: dense_gradient(t)} if kind == "dense" else dict(zip((ids, values), rows_gradient(t)))
            session.run(step, feeds)
            line("after", case, kind, t, *session.run(w).ravel())


for case, make in V1.items():
    record_v1(case, "dense", make)
    if not case.startswith("adam"):  # v1's own sparse Adam decays all rows; LazyAdam's formula is below
        record_v1(case, "rows", make)


def lazy_adam(case, rate, beta1, beta2, epsilon, decay=0.0):
    """LazyAdam of tf.contrib and tensorflow-addons: Adam on the rows that a step touches; with AdamW's decay of those rows."""
    rate, beta1, beta2, epsilon, decay = f32([rate, beta1, beta2, epsilon, decay])
    w, m, v = TABLE.copy(), np.zeros_like(TABLE), np.zeros_like(TABLE)
    power1, power2, one = f32(1), f32(1), f32(1)
    for t in range(STEPS):
        ids, g = rows_gradient(t)
        power1, power2 = power1 * beta1, power2 * beta2
        w[ids] = w[ids] - rate * decay * w[ids]
        m[ids] = beta1 * m[ids] + (one - beta1) * g
        v[ids] = beta2 * v[ids] + (one - beta2) * g * g
        w[ids] -= rate * np.sqrt(one - power2) / (one - power1) * m[ids] / (np.sqrt(v[ids]) + epsilon)
        line("after", case, "rows", t, *w.ravel())


lazy_adam("adam", 0.1, 0.9, 0.999, 1e-8)
lazy_adam("adam-other", 0.01, 0.8, 0.99, 1e-3)
lazy_adam("adamw", 0.1, 0.9, 0.999, 1e-8, 0.02)

# AdamW: tf.contrib's DecoupledWeightDecayExtension of v1's Adam, checked against Keras, which takes 1 - 0.999 in float64
# where the kernel of v1 takes it in float32, and so is off in the sixth digit
keras_w = tf.Variable(START, name="w")
keras = tf_keras.optimizers.AdamW(0.1, weight_decay=0.02, epsilon=1e-8, jit_compile=False)
keras.build([keras_w])
ours = []
with tf.Graph().as_default(), v1.Session() as session:
    w = v1.get_variable("w", initializer=START, use_resource=False)
    values = v1.placeholder(tf.float32, [3])
    with tf.control_dependencies([v1.assign_sub(w, w * (f32(0.1) * f32(0.02)))]):
        step = v1.train.AdamOptimizer(0.1).apply_gradients([(values, w)])
    session.run(v1.global_variables_initializer())
    for t in range(STEPS):
        session.run(step, {values: dense_gradient(t)})
        line("after", "adamw", "dense", t, *session.run(w))
        ours.append(session.run(w))
for t in range(STEPS):
    keras.apply_gradients([(tf.constant(dense_gradient(t)), keras_w)])
    np.testing.assert_allclose(keras_w.numpy(), ours[t], rtol=1e-4)

rate_of = lambda: tf.constant(float(f32(0.1)), tf.float64)
d = lambda x: float(f32(x))


def cosine(s, alpha):
    """TensorFlow's own knows float32 only, in which the last steps cancel: its formula in float64, checked against it."""
    own = v1.train.cosine_decay(0.1, s, 100, alpha)
    part = tf.cast(tf.minimum(s, 100), tf.float64) / 100
    value = rate_of() * ((1 - d(alpha)) * 0.5 * (1 + tf.cos(math.pi * part)) + d(alpha))
    with tf.control_dependencies([v1.assert_near(own, tf.cast(value, tf.float32), rtol=0.0, atol=1e-8)]):
        return tf.identity(value)


SCHEDULES = {
    "exponential": lambda s: v1.train.exponential_decay(rate_of(), s, 100, d(0.5)),
    "staircase": lambda s: v1.train.exponential_decay(rate_of(), s, 100, d(0.5), staircase=True),
    "piecewise": lambda s: v1.train.piecewise_constant(s, [10, 100], [tf.constant(d(x), tf.float64) for x in (0.1, 0.05, 0.001)]),
    "polynomial": lambda s: v1.train.polynomial_decay(rate_of(), s, 100, d(0.01), d(2)),
    "linear": lambda s: v1.train.polynomial_decay(rate_of(), s, 100, 0.0, 1.0),
    "cosine": lambda s: cosine(s, 0.0),
    "cosine-alpha": lambda s: cosine(s, 0.1),
}
with tf.Graph().as_default(), v1.Session() as session:
    step = v1.placeholder(tf.int64, [])
    warm = tf.minimum(tf.constant(1.0, tf.float64), (tf.cast(step, tf.float64) + 1) / 10)
    for case, schedule in SCHEDULES.items():
        value = schedule(step)
        for s in (0, 1, 9, 10, 11, 50, 99, 100, 101, 150, 1000):
            line("schedule", case, s, session.run(value, {step: s}))
            line("schedule", case + "-warm", s, session.run(value * warm, {step: s}))

a, b = f32([3, -0.5, 0.25]), f32([[0.1, -4], [0.01, 2]])
CLIPS = {
    "value": lambda: [tf.clip_by_value(x, -0.3, 0.3) for x in (a, b)],
    "norm": lambda: [tf.clip_by_norm(x, 1.5) for x in (a, b)],
    "norm-large": lambda: [tf.clip_by_norm(x, 3.5) for x in (a, b)],
    "global": lambda: tf.clip_by_global_norm([a, b], 1.5)[0],
    "global-large": lambda: tf.clip_by_global_norm([a, b], 100.0)[0],
}
with tf.Graph().as_default(), v1.Session() as session:
    line("clip", "input", *a, *b.ravel())
    for case, clip in CLIPS.items():
        x, y = session.run(clip())
        line("clip", case, *x, *y.ravel())
out.close()
