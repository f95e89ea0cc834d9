package dev.muster.job.runtime;

import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.TrialException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Finds the trial's class by the configuration's entrypoint and constructs the trial. */
final class Entrypoint {
  private final String name;

  private Entrypoint(String name) {
    this.name = name;
  }

  /**
   * The trial.
   *
   * @param name of its class
   * @throws TrialException if there is no such class, it is no trial, or its constructor threw
   */
  static EstimatorTrial construct(String name, EstimatorTrialContext context) {
    Entrypoint entrypoint = new Entrypoint(name);
    return entrypoint.construct(entrypoint.constructor(entrypoint.type()), context);
  }

  private Class<? extends EstimatorTrial> type() {
    Class<?> type;
    try {
      type = Class.forName(name, true, Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException e) {
      throw new TrialException(
          "Cannot find the trial's class '"
              + name
              + "': no jar has it; correct entrypoint in the configuration (package and class, with"
              + " $ before a nested class), or send the jar with the class by spark-submit --jars",
          e);
    } catch (ExceptionInInitializerError e) {
      Throwable thrown = e.getCause() == null ? e : e.getCause();
      throw UserCode.threw(
          "Cannot load the trial's class " + name + ": its static code", name, thrown);
    } catch (UnsupportedClassVersionError e) {
      throw new TrialException(
          "Cannot load the trial's class "
              + name
              + ": expected classes for Java "
              + Runtime.version().feature()
              + " or earlier, found newer ones ("
              + e.getMessage()
              + "); compile it with --release "
              + Runtime.version().feature(),
          e);
    } catch (LinkageError e) {
      throw new TrialException(
          "Cannot load the trial's class "
              + name
              + ": "
              + e
              + "; check that all jars that it needs are sent by spark-submit --jars",
          e);
    }
    checkType(type);
    return type.asSubclass(EstimatorTrial.class);
  }

  private void checkType(Class<?> type) {
    if (!EstimatorTrial.class.isAssignableFrom(type)) {
      throw unusable(
          "expected a class that extends "
              + EstimatorTrial.class.getName()
              + ", found "
              + (type.isInterface()
                  ? "an interface"
                  : "one that extends " + type.getSuperclass().getName())
              + "; correct entrypoint in the configuration, or extend EstimatorTrial");
    }
    if (Modifier.isAbstract(type.getModifiers())) {
      throw unusable(
          "the class is abstract; name a subclass of it in entrypoint, or make it concrete");
    }
    if (!Modifier.isPublic(type.getModifiers())) {
      throw unusable("the class is not public; declare it 'public class'");
    }
    if (type.isMemberClass() && !Modifier.isStatic(type.getModifiers())) {
      throw unusable("it is an inner class; declare it static, or in a file of its own");
    }
  }

  private TrialException unusable(String fact) {
    return new TrialException("Cannot use " + name + " as a trial: " + fact);
  }

  private Constructor<? extends EstimatorTrial> constructor(Class<? extends EstimatorTrial> type) {
    try {
      return type.getConstructor(EstimatorTrialContext.class);
    } catch (NoSuchMethodException e) {
      String found =
          Arrays.stream(type.getDeclaredConstructors())
              .map(Entrypoint::signature)
              .collect(Collectors.joining(", "));
      throw new TrialException(
          "Cannot construct "
              + name
              + ": expected the constructor 'public "
              + type.getSimpleName()
              + "(EstimatorTrialContext context)', found "
              + found
              + "; add it, and have it call super(context)",
          e);
    }
  }

  private static String signature(Constructor<?> constructor) {
    String modifiers = Modifier.toString(constructor.getModifiers());
    return "'"
        + (modifiers.isEmpty() ? "" : modifiers + " ")
        + constructor.getDeclaringClass().getSimpleName()
        + Arrays.stream(constructor.getParameterTypes())
            .map(Class::getSimpleName)
            .collect(Collectors.joining(", ", "(", ")"))
        + "'";
  }

  private EstimatorTrial construct(
      Constructor<? extends EstimatorTrial> constructor, EstimatorTrialContext context) {
    return UserCode.call(
        "Cannot construct " + name + ": its constructor",
        name,
        () -> {
          try {
            return constructor.newInstance(context);
          } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Exception cause) {
              throw cause;
            }
            if (e.getCause() instanceof Error cause) {
              throw cause;
            }
            throw e;
          }
        });
  }
}
