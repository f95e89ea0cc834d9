package dev.muster.job.runtime;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectStreamClass;

/** Reads objects of the trial's own classes, which the thread's class loader finds. */
final class TrialObjectInput extends ObjectInputStream {
  TrialObjectInput(InputStream in) throws IOException {
    super(in);
  }

  /** The object that these bytes are. */
  static Object readObject(byte[] bytes) throws IOException, ClassNotFoundException {
    try (ObjectInputStream in = new TrialObjectInput(new ByteArrayInputStream(bytes))) {
      return in.readObject();
    }
  }

  @Override
  protected Class<?> resolveClass(ObjectStreamClass type)
      throws IOException, ClassNotFoundException {
    try {
      return Class.forName(type.getName(), false, Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException e) {
      return super.resolveClass(type);
    }
  }
}
