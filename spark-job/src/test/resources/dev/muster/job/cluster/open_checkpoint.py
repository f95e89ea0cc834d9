"""open_checkpoint.py CHECKPOINT SAVED_MODEL IMAGES: what Python's TensorFlow finds in a checkpoint, as one line of JSON.

IMAGES is a file of images of 784 bytes each. Knows nothing of Muster.
"""
import json
import sys

import tensorflow as tf

checkpoint, saved_model, images = sys.argv[1:]
with open(images, "rb") as file:
    pixels = tf.reshape(tf.io.decode_raw(file.read(), tf.uint8), [-1, 784])
answer = tf.saved_model.load(saved_model).signatures["serving_default"](image=pixels)
reader = tf.train.load_checkpoint(checkpoint + "/variables/variables")
shapes = reader.get_variable_to_shape_map()
print(json.dumps({
    "tensorflow": tf.__version__,
    "scores": [[float(score) for score in row] for row in answer["scores"].numpy()],
    "variables": {name: shapes[name] for name in sorted(shapes)},
    "global_step": int(reader.get_tensor("global_step")) if "global_step" in shapes else None,
}))
