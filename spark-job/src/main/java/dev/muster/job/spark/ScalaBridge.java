package dev.muster.job.spark;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * The only class that touches Scala's types. It calls nothing whose signature differs between Scala
 * 2.12 and 2.13, so that one jar runs on both: {@code Seq} does, hence {@code List} and one
 * reflective call. Thread-safe.
 */
final class ScalaBridge {
  private ScalaBridge() {}

  /** One partition per element, each with its preferred locations. */
  static JavaRDD<byte[]> placed(
      SparkContext context, List<byte[]> elements, List<List<String>> preferred) {
    List<Tuple2<byte[], Object>> placed =
        IntStream.range(0, elements.size())
            .mapToObj(i -> new Tuple2<byte[], Object>(elements.get(i), scalaList(preferred.get(i))))
            .toList();
    ClassTag<byte[]> tag = ClassTag$.MODULE$.apply(byte[].class);
    Method makeRdd =
        Stream.of(SparkContext.class.getMethods())
            .filter(method -> method.getName().equals("makeRDD"))
            .filter(method -> method.getParameterCount() == 2)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("Cannot place tasks: no makeRDD"));
    try {
      @SuppressWarnings("unchecked")
      RDD<byte[]> rdd = (RDD<byte[]>) makeRdd.invoke(context, scalaList(placed), tag);
      return JavaRDD.fromRDD(rdd, tag);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Cannot place tasks: makeRDD is not accessible", e);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("Cannot place tasks: " + e.getCause(), e.getCause());
    }
  }

  /** This executor's host as Spark knows it ({@code PluginContext.hostname} fails here). */
  static String executorHost() {
    return SparkEnv.get().blockManager().blockManagerId().host();
  }

  private static <T> Object scalaList(List<T> list) {
    return JavaConverters.asScalaBuffer(list).toList();
  }
}
