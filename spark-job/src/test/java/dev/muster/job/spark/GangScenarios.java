package dev.muster.job.spark;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;

/**
 * The driver of {@code GangIT}: runs the scenarios that its arguments name on one real context and
 * prints what happened, a line {@code RESULT SCENARIO KEY VALUE} per fact.
 */
public final class GangScenarios {
  private static final Pattern PID = Pattern.compile("pid=(\\d+)");
  private static final PrintStream OUT = System.out;

  private final SparkContext context;
  private final Legs legs;
  private final AtomicInteger jobs = new AtomicInteger();
  private String scenario = "";

  private GangScenarios(SparkContext context) {
    this.context = context;
    this.legs = new Legs(context);
    context.addSparkListener(
        new SparkListener() {
          @Override
          public void onJobStart(SparkListenerJobStart event) {
            jobs.incrementAndGet();
          }
        });
  }

  public static void main(String[] scenarios) throws Exception {
    SparkConf conf = new SparkConf().setAppName("gang");
    SparkSettings.apply(conf);
    SparkContext context = new SparkContext(conf);
    int code = 0;
    try {
      GangScenarios all = new GangScenarios(context);
      for (String scenario : scenarios) {
        all.scenario = scenario;
        all.run();
      }
    } catch (Exception e) {
      e.printStackTrace();
      code = 1;
    } finally {
      context.stop();
    }
    System.exit(code);
  }

  private void run() throws Exception {
    switch (scenario) {
      case "twoLegs" -> twoLegs();
      case "stop" -> leg("stop", "1000000 1 -1 0 20", new Watch().stopAtStep(40));
      case "userException" -> failingLeg("100000 1 1 7 1000", new Watch());
      case "kill" -> failingLeg("100000 20 -1 0 10", new Watch().signalAtStep(20, "-KILL", 0));
      case "replaced" -> leg("replaced", "10 1 -1 0 5", new Watch());
      case "freeze" -> {
        Watch watch = new Watch().signalAtStep(20, "-STOP", 1);
        failingLeg("100000 20 -1 0 10", watch);
        signal("-KILL", watch.pid(1));
      }
      case "badProgram" -> badProgram();
      case "missing" -> missing();
      case "wire" -> wire();
      default -> throw new IllegalArgumentException(scenario);
    }
  }

  /** Two legs; in the second each task prefers the other's executor. */
  private void twoLegs() throws Exception {
    int before = jobs.get();
    Watch first = new Watch();
    LegOutcome outcome = leg("twoLegs", "20 1 -1 0 5", first);
    List<String> swapped =
        List.of(outcome.slots().get(1).executorId(), outcome.slots().get(0).executorId());
    Watch second = new Watch();
    long start = System.nanoTime();
    LegPlan plan =
        new LegPlan(
            "twoLegs",
            2,
            "30 1 -1 0 5".getBytes(StandardCharsets.UTF_8),
            SocketProgram.class.getName(),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            swapped);
    LegOutcome again = legs.run(plan, second);
    say("millis", (System.nanoTime() - start) / 1_000_000);
    say("sameProcesses", first.pids.equals(second.pids));
    say("held", again.slots().stream().filter(Seated::holdsState).count());
    say("ends", String.join("|", second.reports));
    say("jobs", jobs.get() - before);
  }

  private LegOutcome leg(String trial, String order, Watch watch) throws Exception {
    LegOutcome outcome =
        legs.run(
            new LegPlan(
                trial,
                2,
                order.getBytes(StandardCharsets.UTF_8),
                SocketProgram.class.getName(),
                Duration.ofSeconds(60),
                Duration.ofSeconds(60)),
            watch);
    say("generation", outcome.generation());
    say("stopped", outcome.stopRequested());
    say("executors", outcome.slots().stream().map(Seated::executorId).distinct().count());
    say("waiting", watch.waiting.size());
    say("last", watch.reports.get(watch.reports.size() - 1));
    say("lastButOne", watch.reports.get(watch.reports.size() - 2));
    return outcome;
  }

  private void failingLeg(String order, Watch watch) throws Exception {
    try {
      leg(scenario, order, watch);
      say("failure", "none");
    } catch (SlotFailure failure) {
      if (watch.signalNanos != 0) {
        say("millis", (System.nanoTime() - watch.signalNanos) / 1_000_000);
        say("victim", watch.signalled);
      }
      say("rank", failure.rank());
      say("host", failure.host());
      say("executor", failure.executorId());
      say("seated", watch.seated.get(failure.rank()).executorId());
      say("step", failure.step());
      say("phase", failure.phase());
      say("kind", failure.kind());
      say("consequences", failure.consequences());
      say("detail", failure.detail());
      say("trace", failure.remoteStackTrace().replace("\n", "\\n"));
    }
  }

  private void badProgram() throws Exception {
    try {
      legs.run(
          new LegPlan(
              "bad",
              2,
              new byte[0],
              "no.such.Program",
              Duration.ofSeconds(60),
              Duration.ofSeconds(60)),
          new Watch());
    } catch (SlotFailure failure) {
      say("rank", failure.rank());
      say("detail", failure.detail());
    }
  }

  /** Every type that crosses goes to an executor as an RDD's element, and messages back by ask. */
  private void wire() {
    List<byte[]> samples = new ArrayList<>();
    WireSamples.messages().forEach(message -> samples.add(sample('M', Wire.encode(message))));
    WireSamples.reports().forEach(report -> samples.add(sample('R', report.encode())));
    samples.add(sample('L', WireSamples.location().encode()));
    samples.add(sample('O', WireSamples.order().encode()));
    samples.add(sample('P', WireSamples.probeOrder().encode()));
    samples.add(sample('Q', WireSamples.probeReport().encode()));
    List<byte[]> answers =
        JavaSparkContext.fromSparkContext(context)
            .parallelize(samples, 2)
            .map(new WireProbe())
            .collect();
    say(
        "types",
        answers.stream()
            .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
            .collect(Collectors.joining(", ")));
  }

  private static byte[] sample(char kind, byte[] bytes) {
    return ByteBuffer.allocate(1 + bytes.length).put((byte) kind).put(bytes).array();
  }

  private void missing() throws Exception {
    Watch watch = new Watch();
    long start = System.nanoTime();
    try {
      legs.run(
          new LegPlan(
              "missing",
              7,
              new byte[0],
              SocketProgram.class.getName(),
              Duration.ofSeconds(4),
              Duration.ofSeconds(60)),
          watch);
    } catch (GangException failure) {
      say("millis", (System.nanoTime() - start) / 1_000_000);
      say("kind", failure.kind());
      say("message", String.valueOf(failure.getMessage()));
      say("waiting", String.join("|", watch.waiting));
    }
  }

  private void say(String key, Object value) {
    OUT.println("RESULT " + scenario + " " + key + " " + value);
  }

  static void signal(String signal, String pid) throws IOException {
    new ProcessBuilder("kill", signal, pid).inheritIO().start();
  }

  /** Notes what it hears; acts at a step. */
  private static final class Watch implements LegListener {
    final List<String> waiting = new CopyOnWriteArrayList<>();
    final List<Seated> seated = new ArrayList<>();
    final List<String> reports = new CopyOnWriteArrayList<>();
    final Map<Integer, String> pids = new ConcurrentHashMap<>();
    volatile long signalNanos;
    volatile String signalled = "";
    private long stopStep = Long.MAX_VALUE;
    private long signalStep = Long.MAX_VALUE;
    private String signal = "";
    private int victim;

    Watch stopAtStep(long step) {
      stopStep = step;
      return this;
    }

    Watch signalAtStep(long step, String name, int rank) {
      signalStep = step;
      signal = name;
      victim = rank;
      return this;
    }

    String pid(int rank) {
      return pids.getOrDefault(rank, "unknown");
    }

    @Override
    public void onWaiting(String line) {
      waiting.add(line);
    }

    @Override
    public void onSeated(List<Seated> slots) {
      seated.addAll(slots);
    }

    @Override
    public boolean onReport(int rank, byte[] payload) {
      String text = new String(payload, StandardCharsets.UTF_8);
      reports.add("rank=" + rank + " " + text);
      Matcher pid = PID.matcher(text);
      if (pid.find()) {
        pids.put(rank, pid.group(1));
      }
      Matcher at = Pattern.compile("^step=(\\d+)").matcher(text);
      long step = at.find() ? Long.parseLong(at.group(1)) : 0;
      if (step >= signalStep && rank == victim && signalNanos == 0) {
        signalNanos = System.nanoTime();
        signalled = "rank=" + victim + " pid=" + pids.get(victim);
        try {
          GangScenarios.signal(signal, pid(victim));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return step >= stopStep;
    }
  }
}
