package io.outpost.house;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
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
import com.tngtech.archunit.lang.ArchRule;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.SdkClient;

/** Who may know whom, so that a flow can be changed without reading the others. */
@AnalyzeClasses(packages = "io.outpost", importOptions = ImportOption.DoNotIncludeTests.class)
class BoundariesTest {

  private static final DescribedPredicate<JavaClass> PLATFORM =
      resideInAnyPackage("io.outpost.platform..", "io.outpost.job..", "io.outpost.store..");

  @ArchTest
  static final ArchRule aFlowKnowsThePlatformAndNoOtherFlow =
      slices()
          .matching("io.outpost.(*)..")
          .should()
          .notDependOnEachOther()
          .ignoreDependency(DescribedPredicate.alwaysTrue(), PLATFORM);

  @ArchTest
  static final ArchRule thePlatformKnowsNoFlow =
      noClasses()
          .that(PLATFORM)
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.outpost..").and(DescribedPredicate.not(PLATFORM)));

  @ArchTest
  static final ArchRule awsClientsAreBuiltInOnePlace =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.outpost.platform.aws")
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

  /** But by a command of the jar, whose result is what it prints. */
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
