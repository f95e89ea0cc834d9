"""Writes TFRecord files of tf.train.Example: DIRECTORY/plain.tfrecord and DIRECTORY/packed.tfrecord.gz, 40 records each.

Record i: "longs" i - 2^63, 2^63 - 1, -1 (none where i is 7); "floats" not a number, -0.0, the smallest float, i / 3;
"bytes" i bytes of 255 - i, then "größe"; "one" i.
"""

import sys

import numpy as np
import tensorflow as tf


def example(i):
    longs = [] if i == 7 else [i - 2**63, 2**63 - 1, -1]
    floats = [np.float32("nan"), -0.0, np.float32(1e-45), np.float32(i) / np.float32(3)]
    data = [bytes([255 - i]) * i, "größe".encode()]
    feature = {
        "longs": tf.train.Feature(int64_list=tf.train.Int64List(value=longs)),
        "floats": tf.train.Feature(float_list=tf.train.FloatList(value=floats)),
        "bytes": tf.train.Feature(bytes_list=tf.train.BytesList(value=data)),
        "one": tf.train.Feature(int64_list=tf.train.Int64List(value=[i])),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


directory = sys.argv[1]
for name, options in [("plain.tfrecord", ""), ("packed.tfrecord.gz", "GZIP")]:
    with tf.io.TFRecordWriter(f"{directory}/{name}", options) as writer:
        for number in range(40):
            writer.write(example(number))
