package io.outpost.house;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.SdkClient;

/** Which packages may use which, so that a flow can be changed without reading the others. */
@AnalyzeClasses(packages = "io.outpost", importOptions = ImportOption.DoNotIncludeTests.class)
class BoundariesTest {

  /** Modules that contain only steps: routes call them, other modules' Java does not. */
  private static final String[] FLOWS = {
    "io.outpost.auth..",
    "io.outpost.billing..",
    "io.outpost.jobs..",
    "io.outpost.secrets..",
    "io.outpost.tenants..",
    "io.outpost.webhooks..",
    "io.outpost.worker.."
  };

  private static final DescribedPredicate<JavaClass> FOUNDATION =
      resideInAnyPackage("io.outpost.kernel..", "io.outpost.aws..", "io.outpost.store..");

  @ArchTest
  static final ArchRule modulesHaveNoCycles =
      slices().matching("io.outpost.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theFoundationKnowsNoDomain =
      noClasses()
          .that(FOUNDATION)
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.outpost..").and(DescribedPredicate.not(FOUNDATION)));

  @ArchTest
  static final ArchRule aFlowKnowsNoOtherFlow =
      slices()
          .matching("io.outpost.(*)..")
          .should()
          .notDependOnEachOther()
          .ignoreDependency(
              DescribedPredicate.alwaysTrue(), DescribedPredicate.not(resideInAnyPackage(FLOWS)));

  /** Other modules may use a module's root package, but not the packages below it. */
  @ArchTest
  static final ArchRule theInsideOfAModuleIsItsOwn =
      classes()
          .should(
              new ArchCondition<>("use no package below another module's root") {
                @Override
                public void check(JavaClass user, ConditionEvents events) {
                  for (var use : user.getDirectDependenciesFromSelf()) {
                    var parts = use.getTargetClass().getPackageName().split("\\.");
                    if (parts.length > 3
                        && use.getTargetClass().getPackageName().startsWith("io.outpost.")
                        && !user.getPackageName().startsWith("io.outpost." + parts[2])) {
                      events.add(SimpleConditionEvent.violated(user, use.getDescription()));
                    }
                  }
                }
              });

  @ArchTest
  static final ArchRule awsClientsAreBuiltInOnePlace =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.outpost.aws")
          .should()
          .callMethodWhere(
              target(nameMatching("create|builder"))
                  .and(target(owner(assignableTo(SdkClient.class)))));

  @ArchTest
  static final ArchRule theProductCreatesNoResourceOfAws =
      noClasses()
          .should()
          .callMethodWhere(
              target(nameMatching("createTable|updateTable|createQueue|createBucket|createTopic")));

  @ArchTest
  static final ArchRule stepsHoldNoStateOfAnExchange =
      fields()
          .that()
          .areDeclaredInClassesThat()
          .areMetaAnnotatedWith(Component.class)
          .and()
          .areDeclaredInClassesThat(
              describe(
                  "are no Camel component", c -> !c.isAssignableTo("org.apache.camel.Component")))
          .should()
          .beFinal()
          .orShould()
          .haveModifier(JavaModifier.VOLATILE)
          .because("a step serves many exchanges at once: what it remembers is shared by all");

  @ArchTest
  static final ArchRule nothingIsKeptInAStatic = fields().that().areStatic().should().beFinal();

  @ArchTest
  static final ArchRule onlyTheAgentLauncherStartsProcesses =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.outpost.worker.agent")
          .should()
          .dependOnClassesThat(assignableTo(ProcessBuilder.class).or(assignableTo(Runtime.class)));

  /** Except by a command of the jar, whose result is what it prints. */
  @ArchTest
  static final ArchRule nothingIsPrinted =
      noClasses().that().haveSimpleNameNotEndingWith("Command").should(ACCESS_STANDARD_STREAMS);

  @ArchTest
  static final ArchRule namesSayWhatAThingIs =
      noClasses()
          .should()
          .haveSimpleNameEndingWith("Utils")
          .orShould()
          .haveSimpleNameEndingWith("Manager")
          .orShould()
          .haveSimpleNameEndingWith("Helper")
          .orShould()
          .haveSimpleNameEndingWith("Impl");
}
