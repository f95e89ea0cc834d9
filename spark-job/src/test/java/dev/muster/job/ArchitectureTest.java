package dev.muster.job;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvent;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import dev.muster.job.cli.Main;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.TrialException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The house of DESIGN section 5, and {@code docs/rationale.md} for what was added to it. */
final class ArchitectureTest {
  private static final String JOB = "dev.muster.job.";
  private static final String TRIAL = "dev.muster.trial";

  /** What each package may use of ours; "trial" is the trial API. */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          Map.entry("text", Set.of()),
          Map.entry("config", Set.of("text")),
          Map.entry("collective", Set.of()),
          Map.entry("checkpoint", Set.of()),
          Map.entry("data", Set.of("trial")),
          Map.entry("search", Set.of("config")),
          Map.entry("runtime", Set.of("text", "trial", "collective", "data", "checkpoint")),
          Map.entry("yarn", Set.of()),
          Map.entry(
              "spark",
              Set.of(
                  "text",
                  "trial",
                  "config",
                  "collective",
                  "checkpoint",
                  "data",
                  "search",
                  "runtime",
                  "yarn")),
          Map.entry("local", Set.of("trial", "config", "runtime")),
          Map.entry("cli", Set.of("spark", "config")));

  /** Where this class came from, and all other tests: wherever a build puts them. */
  private static final String TESTS =
      ArchitectureTest.class.getProtectionDomain().getCodeSource().getLocation().getPath();

  private static final JavaClasses ALL =
      new ClassFileImporter()
          .importUrls(
              Stream.of(ArchitectureTest.class, Main.class, EstimatorTrial.class)
                  .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
                  .toList());

  private static final JavaClasses PRODUCTION =
      ALL.that(describe("are production", type -> !isTest(type)));

  /** Classes of the test tree that break the rules. */
  private static final JavaClasses OFFENDERS =
      ALL.that(describe("are offenders", type -> type.getSimpleName().equals("Offender")));

  private static boolean isTest(JavaClass type) {
    @Nullable String path = type.getSource().orElseThrow().getUri().getPath(); // null in a jar
    return path != null && path.startsWith(TESTS);
  }

  static Stream<ArchRule> arrows() {
    return ARROWS.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(arrow -> onlyUses(arrow.getKey(), arrow.getValue()));
  }

  /** For each package with arrows the rule that it has none. */
  static Stream<ArchRule> noArrows() {
    return ARROWS.entrySet().stream()
        .filter(arrow -> !arrow.getValue().isEmpty())
        .sorted(Map.Entry.comparingByKey())
        .map(arrow -> onlyUses(arrow.getKey(), Set.of()));
  }

  private static ArchRule onlyUses(String name, Set<String> allowed) {
    String[] forbidden =
        Stream.concat(ARROWS.keySet().stream(), Stream.of("trial"))
            .filter(other -> !other.equals(name) && !allowed.contains(other))
            .map(other -> (other.equals("trial") ? TRIAL : JOB + other) + "..")
            .toArray(String[]::new);
    return noClasses()
        .that(resideInAPackage(JOB + name + ".."))
        .should(dependOnClassesThat(resideInAnyPackage(forbidden)))
        .as(name + " uses of ours only " + new TreeSet<>(allowed));
  }

  static Stream<ArchRule> rules() {
    return Stream.of(
        classes()
            .that(resideInAPackage(TRIAL + ".."))
            .should(useNothingOf(JOB))
            .as("the trial API knows nothing of the job"),
        classes()
            .that(not(resideInAnyPackage(JOB + "checkpoint", JOB + "yarn", TRIAL + ".data")))
            .should(useNothingOf("org.apache.hadoop."))
            .as("only checkpoint and yarn use Hadoop, and the API's sources"),
        classes()
            .that(not(resideInAnyPackage(JOB + "spark", TRIAL + ".data")))
            .should(useNothingOf("org.apache.spark."))
            .as("only spark uses Spark, and the API's sources"),
        classes()
            .that(not(isPartOf(JOB + "spark.ScalaBridge")))
            .should(useNothingOf("scala."))
            .as("only ScalaBridge touches Scala's types"),
        classes()
            .that(not(isPartOf(JOB + "runtime.TensorFlowInternals")))
            .and(not(isPartOf(TRIAL + ".optimizer.TensorFlowInternals")))
            .should(useNothingOf("org.tensorflow.internal.", "org.bytedeco."))
            .as("only TensorFlowInternals uses what TensorFlow does not publish"),
        classes()
            .that(not(resideInAPackage(JOB + "config")))
            .should(useNothingOf("org.yaml."))
            .as("only config knows YAML"),
        classes()
            .that(not(resideInAPackage(JOB + "cli")))
            .should(useNothingOf("picocli."))
            .as("only cli knows the command line's library"),
        classes().should(useNothingOf("java.util.logging.")),
        noClasses().that(not(resideInAPackage(JOB + "cli"))).should(ACCESS_STANDARD_STREAMS),
        SlicesRuleDefinition.slices()
            .assignedFrom(new PackageOfTrialApi())
            .should()
            .beFreeOfCycles()
            // what all of the API throws stands at its root, beside what uses the rest
            .ignoreDependency(alwaysTrue(), type(TrialException.class)));
  }

  private static DescribedPredicate<JavaClass> isPartOf(String name) {
    return describe(
        "are " + name,
        type -> type.getName().equals(name) || type.getName().startsWith(name + "$"));
  }

  /**
   * No dependency on the packages, and no call of a method that takes or returns their types, which
   * ArchUnit's own dependencies leave out.
   */
  private static ArchCondition<JavaClass> useNothingOf(String... prefixes) {
    return new ArchCondition<>("use nothing of " + List.of(prefixes)) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        type.getDirectDependenciesFromSelf().stream()
            .filter(dependency -> isBelow(dependency.getTargetClass()))
            .forEach(found -> events.add(violation(found, found.getDescription())));
        Stream.<JavaCodeUnitAccess<?>>concat(
                type.getMethodCallsFromSelf().stream(), type.getConstructorCallsFromSelf().stream())
            .filter(
                call ->
                    Stream.concat(
                            Stream.of(call.getTarget().getRawReturnType()),
                            call.getTarget().getRawParameterTypes().stream())
                        .anyMatch(this::isBelow))
            .forEach(found -> events.add(violation(found, found.getDescription())));
      }

      private ConditionEvent violation(Object found, String description) {
        return SimpleConditionEvent.violated(found, description);
      }

      private boolean isBelow(JavaClass used) {
        String element = used.getName().replaceFirst("^\\[+L", "");
        return Stream.of(prefixes).anyMatch(element::startsWith);
      }
    };
  }

  private static final class PackageOfTrialApi implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return type.getPackageName().startsWith(TRIAL)
          ? SliceIdentifier.of(type.getPackageName())
          : SliceIdentifier.ignore();
    }

    @Override
    public String getDescription() {
      return "packages of the trial API";
    }
  }

  @ParameterizedTest
  @MethodSource({"arrows", "rules"})
  void productionKeepsTheRule(ArchRule rule) {
    rule.check(PRODUCTION);
  }

  @ParameterizedTest
  @MethodSource("noArrows")
  void packagesThatUseOthersBreakTheRuleThatForbidsIt(ArchRule rule) {
    assertThat(rule.evaluate(PRODUCTION).hasViolation()).as(rule.getDescription()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void offendersBreakTheRule(ArchRule rule) {
    assertThat(rule.evaluate(OFFENDERS).hasViolation()).as(rule.getDescription()).isTrue();
  }

  @Test
  void everyPackageHasItsArrows() {
    Set<String> packages =
        PRODUCTION.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith(JOB))
            .map(name -> name.substring(JOB.length()))
            .collect(Collectors.toSet());
    assertThat(packages).isEqualTo(ARROWS.keySet());
  }
}
