package dev.muster.job.checkpoint;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.security.UserGroupInformation;

/** Turns what a file system throws into one sentence with the act, the path, the user, the cure. */
final class Failures {
  private static final Pattern DESTINATION =
      Pattern.compile("(?:to|destination host is:) \"?([^\\s\"]+\"?:\\d+)");
  private static final int MAX_CAUSES = 10;

  /** A kind of failure: how to know it, what to say and what to do about it. */
  private record Rule(Predicate<Throwable> holds, String fact, String cure) {}

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              UnknownHostException.class::isInstance,
              "there is no such host",
              "check its spelling; if it is the name of a name service, put the directory that holds"
                  + " hdfs-site.xml (HADOOP_CONF_DIR) on the class path"),
          new Rule(
              e -> e instanceof ConnectException || e instanceof NoRouteToHostException,
              "nothing answers at %s",
              "start the server, or correct the host and port of the path"),
          new Rule(
              SocketTimeoutException.class::isInstance,
              "no answer from %s in time",
              "check the server, the network and the port of the path"),
          new Rule(
              e -> e instanceof UnsupportedFileSystemException || lacksClass(e, "FileSystem"),
              "there is no file system for this scheme on the class path",
              "correct the scheme, or add its connector (s3a: --packages of hadoop-aws; gs: the"
                  + " gcs-connector) to spark-submit"),
          new Rule(
              e -> says(e, "incomplete hdfs uri"),
              "the path has no host and fs.defaultFS names none",
              "write hdfs://HOST:PORT/…, or put the directory that holds core-site.xml"
                  + " (HADOOP_CONF_DIR) on the class path"),
          new Rule(
              e ->
                  says(e, "gss initiate failed")
                      || says(e, "client cannot authenticate")
                      || named(e, "KerberosAuthException"),
              "the server asks for Kerberos and this user has no valid ticket",
              "run kinit, or give spark-submit --principal and --keytab"),
          new Rule(
              e -> named(e, "SafeModeException") || says(e, "is in safe mode"),
              "the name node is in safe mode and takes no writes",
              "wait until it has left it (hdfs dfsadmin -safemode get)"),
          new Rule(
              e -> says(e, "read-only file system") || named(e, "ReadOnlyFileSystemException"),
              "the file system is mounted read-only",
              "choose a path that can be written"),
          new Rule(
              e -> named(e, "QuotaExceededException"),
              "the directory's quota is used up",
              "free space below it or raise its quota"),
          new Rule(
              e -> says(e, "could only be written to 0 of"),
              "no data node takes its blocks",
              "look at the data nodes (hdfs dfsadmin -report): their disks may be full, or this host"
                  + " may not reach them"),
          new Rule(
              e -> says(e, "no space left on device"),
              "no space is left on the device",
              "free space or choose another path"),
          new Rule(
              e ->
                  e instanceof ParentNotDirectoryException
                      || says(e, "not a directory")
                      || says(e, "parent path is not a directory"),
              "a part of the path is a file, not a directory",
              "choose another path"),
          new Rule(
              e ->
                  e instanceof AccessControlException
                      || e instanceof AccessDeniedException
                      || says(e, "permission denied")
                      || says(e, "operation not permitted"),
              "permission denied",
              "let this user write there (hdfs dfs -chown or -chmod), or choose another path"),
          new Rule(
              e -> named(e, "FileAlreadyExistsException"),
              "it exists already",
              "choose another name or delete it"));

  private Failures() {}

  /**
   * The exception to throw for a failure of the file system; keeps an interrupt.
   *
   * @param act what failed, with its verb, e.g. {@code create directory}
   */
  static StorageException because(String act, Object path, Exception failure) {
    if (failure instanceof StorageException known) {
      return known;
    }
    if (isInterrupt(failure)) {
      Thread.currentThread().interrupt();
    }
    return new StorageException(
        "Cannot " + act + " " + path + " as user " + user() + ": " + fact(path, failure), failure);
  }

  static String user() {
    try {
      return UserGroupInformation.getCurrentUser().getShortUserName();
    } catch (IOException e) {
      return System.getProperty("user.name", "unknown");
    }
  }

  private static String fact(Object path, Exception failure) {
    List<Throwable> chain = causes(failure);
    for (Rule rule : RULES) {
      for (Throwable e : chain) {
        if (rule.holds.test(e)) {
          String fact = rule.fact.replace("%s", server(path, chain));
          return fact + " (" + firstLine(e) + "); " + rule.cure;
        }
      }
    }
    return failure.getClass().getSimpleName() + ": " + firstLine(failure);
  }

  private static List<Throwable> causes(Throwable failure) {
    List<Throwable> chain = new ArrayList<>();
    Throwable next = failure;
    while (next != null && chain.size() < MAX_CAUSES) {
      chain.add(next);
      next = next instanceof RemoteException remote ? unwrapped(remote) : next.getCause();
    }
    return chain;
  }

  private static Throwable unwrapped(RemoteException remote) {
    IOException inner = remote.unwrapRemoteException();
    return inner == remote ? new IOException(firstLine(remote)) : inner;
  }

  /** The address that was tried, which need not be the path's: a name service has several. */
  private static String server(Object path, List<Throwable> chain) {
    for (Throwable e : chain) {
      Matcher destination = DESTINATION.matcher(Objects.toString(e.getMessage(), ""));
      if (destination.find()) {
        return destination.group(1).replace("\"", "");
      }
    }
    return path instanceof Path hadoop
        ? Objects.toString(hadoop.toUri().getAuthority(), "the server")
        : "the server";
  }

  private static String firstLine(Throwable e) {
    String message = Objects.toString(e.getMessage(), e.getClass().getSimpleName());
    return message.lines().findFirst().orElse("").replaceFirst("; *For more details see.*", "");
  }

  private static boolean says(Throwable e, String words) {
    return Objects.toString(e.getMessage(), "").toLowerCase(Locale.ROOT).contains(words);
  }

  private static boolean named(Throwable e, String simpleName) {
    return e.getClass().getSimpleName().endsWith(simpleName)
        || (e instanceof RemoteException remote && remote.getClassName().endsWith(simpleName));
  }

  private static boolean lacksClass(Throwable e, String part) {
    return (e instanceof ClassNotFoundException || e instanceof NoClassDefFoundError)
        && Objects.toString(e.getMessage(), "").contains(part);
  }

  private static boolean isInterrupt(Exception failure) {
    return failure instanceof ClosedByInterruptException
        || (failure instanceof InterruptedIOException
            && !(failure instanceof SocketTimeoutException));
  }
}
