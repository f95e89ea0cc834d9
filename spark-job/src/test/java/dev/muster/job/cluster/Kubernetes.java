package dev.muster.job.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;

/** A test cluster's Kubernetes as its administrator sees it: by the API, and the pods' folders. */
final class Kubernetes {
  static final String NAMESPACE = "muster";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final String CORE = "/api/v1/namespaces/" + NAMESPACE;
  private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/" + NAMESPACE;

  private final TestCluster cluster;
  private final HttpClient http;
  private final String admin;

  /** What a role allows: some verbs on some resources of the core group. */
  record Rule(List<String> resources, List<String> verbs) {
    Map<String, Object> toMap() {
      return Map.of("apiGroups", List.of(""), "resources", resources, "verbs", verbs);
    }

    /** Each as {@code VERB RESOURCE}. */
    List<String> permissions() {
      return resources.stream()
          .flatMap(resource -> verbs.stream().map(verb -> verb + " " + resource))
          .toList();
    }

    /** A rule of one resource, without the verb if that is what is meant. */
    Rule without(String permission) {
      List<String> rest =
          verbs.stream().filter(verb -> !permission.equals(verb + " " + resources.get(0))).toList();
      return new Rule(resources, rest);
    }
  }

  /** A line of the API server's audit log. */
  record Request(String verb, String resource, boolean allowed) {}

  /** The rules of a Role of {@code conf/kubernetes/role.yaml}. */
  static List<Rule> role(String name) throws IOException {
    List<Rule> rules = new ArrayList<>();
    String yaml = Files.readString(Scripts.file("../conf/kubernetes/role.yaml"));
    for (Object document : new Yaml().loadAll(yaml)) {
      JsonNode object = JSON.valueToTree(document);
      if (object.path("kind").asText().equals("Role")
          && object.at("/metadata/name").asText().equals(name)) {
        for (JsonNode rule : object.path("rules")) {
          rules.add(new Rule(texts(rule.path("resources")), texts(rule.path("verbs"))));
        }
      }
    }
    return rules;
  }

  private static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
  }

  /** What the account has asked for in the namespace until now. */
  List<Request> requests(String account) throws IOException {
    List<Request> requests = new ArrayList<>();
    String user = "system:serviceaccount:" + NAMESPACE + ":" + account;
    for (String line : Files.readAllLines(Path.of(cluster.fact("kubernetes.audit-log")))) {
      JsonNode event = JSON.readTree(line);
      if (event.at("/user/username").asText().equals(user)) {
        requests.add(
            new Request(
                event.path("verb").asText(),
                event.at("/objectRef/resource").asText(),
                event
                    .path("annotations")
                    .path("authorization.k8s.io/decision")
                    .asText()
                    .equals("allow")));
      }
    }
    return requests;
  }

  /** Each once as {@code VERB RESOURCE}: of the requests that were allowed, or of the others. */
  static Set<String> permissions(List<Request> requests, boolean allowed) {
    return requests.stream()
        .filter(request -> request.allowed == allowed)
        .map(request -> request.verb + " " + request.resource)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  Kubernetes(TestCluster cluster) throws IOException, GeneralSecurityException {
    this.cluster = cluster;
    this.admin = Files.readString(Path.of(cluster.fact("kubernetes.admin-token"))).strip();
    this.http = HttpClient.newBuilder().sslContext(trusting(ca())).build();
  }

  /** For {@code --master}. */
  String master() {
    return cluster.fact("kubernetes.master");
  }

  Path ca() {
    return Path.of(cluster.fact("kubernetes.ca"));
  }

  /** The token of an account of {@code conf/kubernetes/role.yaml}. */
  Path token(String account) {
    return Path.of(cluster.fact("kubernetes.tokens")).resolve(account + ".token");
  }

  /** Makes an image known to the node: {@code SOURCE:TARGET} for each file or folder in it. */
  void image(String name, List<String> content) throws IOException {
    Files.writeString(
        Path.of(cluster.fact("kubernetes.images")),
        name.replace(":", "\\:") + "=" + String.join(",", content) + "\n",
        StandardOpenOption.APPEND);
  }

  /** A service account with a role of its own; the path of its token. */
  Path account(String name, List<Rule> rules) {
    Map<String, String> metadata = Map.of("name", name);
    post(CORE + "/serviceaccounts", Map.of("metadata", metadata));
    post(
        RBAC + "/roles",
        Map.of("metadata", metadata, "rules", rules.stream().map(Rule::toMap).toList()));
    post(
        RBAC + "/rolebindings",
        Map.of(
            "metadata",
            metadata,
            "roleRef",
            Map.of("apiGroup", "rbac.authorization.k8s.io", "kind", "Role", "name", name),
            "subjects",
            List.of(Map.of("kind", "ServiceAccount", "name", name, "namespace", NAMESPACE))));
    JsonNode token =
        post(
            CORE + "/serviceaccounts/" + name + "/token",
            Map.of("spec", Map.of("expirationSeconds", 24 * 3600)));
    try {
      return Files.writeString(token(name), token.at("/status/token").asText());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("Cannot write the token of " + name, e);
    }
  }

  /** A ConfigMap of the folder's files. */
  void configMap(String name, Path folder) throws IOException {
    Map<String, String> data = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        data.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    post(CORE + "/configmaps", Map.of("metadata", Map.of("name", name), "data", data));
  }

  /** Limits what all pods together may request. */
  void quota(String name, Map<String, String> hard) {
    post(
        CORE + "/resourcequotas",
        Map.of("metadata", Map.of("name", name), "spec", Map.of("hard", hard)));
  }

  void deleteQuota(String name) {
    var unused = request("DELETE", CORE + "/resourcequotas/" + name, null);
  }

  /** The objects of that kind in the namespace: {@code pods}, {@code configmaps}, …. */
  List<JsonNode> list(String kind) {
    return StreamSupport.stream(
            request("GET", CORE + "/" + kind, null).path("items").spliterator(), false)
        .toList();
  }

  List<String> names(String kind) {
    return list(kind).stream().map(item -> item.at("/metadata/name").asText()).toList();
  }

  JsonNode pod(String name) {
    return request("GET", CORE + "/pods/" + name, null);
  }

  /** The code that the pod's container ended with; -1 if it has not. */
  int exitCode(String pod) {
    return pod(pod).at("/status/containerStatuses/0/state/terminated/exitCode").asInt(-1);
  }

  /** What the pod's container has written. */
  String log(String pod) throws IOException {
    Path log =
        Path.of(cluster.fact("kubernetes.pods")).resolve(NAMESPACE + "_" + pod).resolve("log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  private JsonNode post(String path, Map<String, ?> body) {
    return request("POST", path, body);
  }

  private JsonNode request(String method, String path, @Nullable Map<String, ?> body) {
    URI server = URI.create(master().substring("k8s://".length()));
    try {
      HttpRequest request =
          HttpRequest.newBuilder(server.resolve(path))
              .timeout(ANSWER)
              .header("Authorization", "Bearer " + admin)
              .header("Content-Type", "application/json")
              .method(
                  method,
                  body == null
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
              .build();
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() >= 300) {
        throw new AssertionError(
            "Cannot %s %s: %d %s".formatted(method, path, answer.statusCode(), answer.body()));
      }
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError("Cannot " + method + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted at " + path, e);
    }
  }

  private static SSLContext trusting(Path ca) throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream in = Files.newInputStream(ca)) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }
}
