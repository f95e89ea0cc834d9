"""Prints the bytes that EventFileTest expects, by TensorFlow 2.18's own writer and messages."""
import tempfile

import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import Summary
from tensorflow.core.util.event_pb2 import Event

version = Event(wall_time=1000.0, step=0, file_version="brain.Event:2").SerializeToString()
# proto3 leaves a zero step out; EventFile writes it, which readers take for the same
version = version[:9] + b"\x10\x00" + version[9:]
value = Summary.Value(tag="loss", simple_value=0.5)
loss = Event(wall_time=1000.0, step=300, summary=Summary(value=[value])).SerializeToString()
with tempfile.NamedTemporaryFile() as file:
    with tf.io.TFRecordWriter(file.name) as writer:
        writer.write(version)
        writer.write(loss)
    print(open(file.name, "rb").read().hex())
