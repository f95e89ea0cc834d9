package dev.muster.job.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** What the ResourceManager says of its applications, and what their containers wrote. */
public final class YarnApplications {
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(20);

  /**
   * An application as the ResourceManager sees it.
   *
   * @param state {@code ACCEPTED}, {@code RUNNING}, {@code FINISHED}, {@code FAILED}, {@code
   *     KILLED}, …
   * @param finalStatus {@code UNDEFINED} until the end, then {@code SUCCEEDED}, {@code FAILED},
   *     {@code KILLED}
   * @param attempts how many application masters were started
   * @param tags of {@code spark.yarn.tags}, in order
   */
  public record Report(
      String id,
      String name,
      String state,
      String finalStatus,
      int attempts,
      int runningContainers,
      String queue,
      List<String> tags,
      String diagnostics) {
    private static final List<String> END_STATES = List.of("FINISHED", "FAILED", "KILLED");

    /** Whether nothing will change any more. */
    public boolean ended() {
      return END_STATES.contains(state);
    }
  }

  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(REQUEST_TIMEOUT).build();
  private final URI resourceManager;
  private final Path logDirectory;

  YarnApplications(URI resourceManager, Path logDirectory) {
    this.resourceManager = resourceManager;
    this.logDirectory = logDirectory;
  }

  /** All applications since the start of the cluster, in no particular order. */
  public List<Report> all() {
    List<Report> reports = new ArrayList<>();
    for (JsonNode app : fetch("apps").path("apps").path("app")) {
      reports.add(report(app));
    }
    return reports;
  }

  /** The application as it stands. */
  public Report report(String id) {
    return report(fetch("apps/" + id).path("app"));
  }

  /** Waits until the application has ended, and fails after the deadline. */
  public Report awaitEnd(String id, Duration deadline) {
    return Awaitility.await("the end of " + id)
        .atMost(deadline)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> report(id), Report::ended);
  }

  /** Asks YARN to kill the application; returns at once. */
  public void kill(String id) {
    send(
        HttpRequest.newBuilder(page("apps/" + id + "/state"))
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString("{\"state\":\"KILLED\"}")));
  }

  /**
   * What the application's containers wrote until now, by file: {@code container_…_000001/stdout};
   * number 1 is the application master, in cluster mode the driver.
   */
  public SortedMap<String, String> containerLogs(String id) {
    SortedMap<String, String> logs = new TreeMap<>();
    Path folder = logDirectory.resolve(id);
    if (!Files.isDirectory(folder)) {
      return logs;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        logs.put(folder.relativize(file).toString(), text);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the container logs in " + folder, e);
    }
    return logs;
  }

  /** The logs of all containers one after the other, each under its name. */
  public String allLogs(String id) {
    StringBuilder text = new StringBuilder();
    containerLogs(id)
        .forEach(
            (name, log) -> text.append("=== ").append(name).append('\n').append(log).append('\n'));
    return text.toString();
  }

  private Report report(JsonNode app) {
    String id = app.path("id").asText();
    int attempts =
        fetch("apps/" + id + "/appattempts").path("appAttempts").path("appAttempt").size();
    return new Report(
        id,
        app.path("name").asText(),
        app.path("state").asText(),
        app.path("finalStatus").asText(),
        attempts,
        Math.max(0, app.path("runningContainers").asInt()),
        app.path("queue").asText(),
        Stream.of(app.path("applicationTags").asText().split(",")).sorted().toList(),
        app.path("diagnostics").asText());
  }

  private JsonNode fetch(String path) {
    try {
      return json.readTree(send(HttpRequest.newBuilder(page(path)).GET()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot understand " + page(path), e);
    }
  }

  private URI page(String path) {
    return resourceManager.resolve("/ws/v1/cluster/" + path);
  }

  private String send(HttpRequest.Builder builder) {
    HttpRequest request =
        builder.header("Accept", "application/json").timeout(REQUEST_TIMEOUT).build();
    try {
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      if (response.statusCode() / 100 != 2) {
        throw new AssertionError(
            "Cannot ask %s: status %d, expected 2xx: %s"
                .formatted(request.uri(), response.statusCode(), response.body()));
      }
      return response.body();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot ask " + request.uri(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted while asking " + request.uri(), e);
    }
  }
}
