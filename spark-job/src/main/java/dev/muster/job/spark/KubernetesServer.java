package dev.muster.job.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.jspecify.annotations.Nullable;

/**
 * The API server, asked as Spark's driver asks it: with Spark's own client, and so with the user's
 * credentials wherever Spark takes them from. By reflection, for neither the client nor Spark's
 * part for Kubernetes belongs to every distribution. Confined to the thread that opened it.
 */
final class KubernetesServer implements AutoCloseable {
  /** The API server refused, or could not be asked. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static final String FACTORY = "org.apache.spark.deploy.k8s.SparkKubernetesClientFactory";
  private static final String CA = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
  private static final String SCHEME = "k8s://";
  private static final int LONGEST_FACT = 400;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final AutoCloseable client;
  private final Method raw;

  private KubernetesServer(AutoCloseable client, Method raw) {
    this.client = client;
    this.raw = raw;
  }

  /** Whether the driver runs in a pod that spark-submit made: cluster mode. */
  static boolean isDriverPod(SparkConf conf) {
    return conf.getBoolean("spark.kubernetes.submitInDriver", false);
  }

  static String namespace(SparkConf conf) {
    return conf.get("spark.kubernetes.namespace", "default");
  }

  /** The address that the driver uses, for messages. */
  static String address(SparkConf conf) {
    return isDriverPod(conf)
        ? conf.get("spark.kubernetes.driver.master", "https://kubernetes.default.svc")
        : Master.of(conf).substring(SCHEME.length());
  }

  static KubernetesServer open(SparkConf conf) throws RefusedException {
    try {
      ClassLoader loader = SparkConf.class.getClassLoader();
      Class<?> types = Class.forName(FACTORY + "$ClientType$", true, loader);
      Object type = types.getMethod("Driver").invoke(types.getField("MODULE$").get(null));
      Method create =
          Stream.of(Class.forName(FACTORY, true, loader).getMethods())
              .filter(method -> method.getName().equals("createKubernetesClient"))
              .findFirst()
              .orElseThrow(() -> new NoSuchMethodException(FACTORY + ".createKubernetesClient"));
      boolean inPod = isDriverPod(conf);
      Object client =
          create.invoke(
              null,
              address(conf),
              ScalaBridge.option(namespace(conf)),
              "spark.kubernetes.authenticate" + (inPod ? ".driver.mounted" : ""),
              type,
              conf,
              ScalaBridge.option(inPod ? new File(CA) : null));
      Method raw =
          Class.forName(
                  "io.fabric8.kubernetes.client.Client", true, client.getClass().getClassLoader())
              .getMethod("raw", String.class, String.class, Object.class);
      return new KubernetesServer((AutoCloseable) client, raw);
    } catch (InvocationTargetException e) {
      throw refused(e.getCause() == null ? e : e.getCause());
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new RefusedException("this Spark has no client for Kubernetes: " + e, e);
    }
  }

  /**
   * The answer's body.
   *
   * @param body as JSON's objects, lists and values; null for none
   */
  JsonNode ask(String method, String path, @Nullable Map<String, ?> body) throws RefusedException {
    try {
      Object answer = raw.invoke(client, path, method, body);
      return answer == null ? JSON.nullNode() : JSON.readTree(answer.toString());
    } catch (InvocationTargetException e) {
      throw refused(e.getCause() == null ? e : e.getCause());
    } catch (ReflectiveOperationException | IOException e) {
      throw refused(e);
    }
  }

  /** The client's messages name the request first and the fact last, over and over. */
  private static RefusedException refused(Throwable cause) {
    String text = String.valueOf(cause.getMessage()).replaceAll("\\s+", " ").strip();
    int fact = text.lastIndexOf("Message: ");
    if (fact >= 0) {
      text =
          text.substring(fact + "Message: ".length()).replaceFirst("\\. Received status: .*", "");
    }
    Throwable root = StackTraces.rootCause(cause);
    if (root != cause) {
      text += " (" + root + ")";
    }
    return new RefusedException(text.substring(0, Math.min(LONGEST_FACT, text.length())), cause);
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (Exception e) {
      throw new IllegalStateException("Cannot close the client of the API server: " + e, e);
    }
  }
}
