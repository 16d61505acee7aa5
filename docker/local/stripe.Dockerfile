# The tests' stand-in for Stripe as a container, for docker/compose.yaml alone.
FROM maven:3.9-eclipse-temurin-25 AS classes
WORKDIR /build
COPY pom.xml .
COPY src src
RUN --mount=type=cache,target=/root/.m2 mvn -B -q -P '!newer-maven-jdk' test-compile dependency:copy-dependencies -DincludeScope=test -DoutputDirectory=/stripe/lib \
    && cp -R target/classes target/test-classes /stripe/

FROM eclipse-temurin:25-jre-noble
COPY --from=classes /stripe /opt/stripe
USER 10001:10001
EXPOSE 12111
STOPSIGNAL SIGTERM
ENTRYPOINT ["java", "-cp", "/opt/stripe/test-classes:/opt/stripe/classes:/opt/stripe/lib/*", "io.outpost.local.stripe.LocalStripe"]
