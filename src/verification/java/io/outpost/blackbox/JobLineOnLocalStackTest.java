package io.outpost.blackbox;

import io.outpost.local.LocalOutpost;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/** Needs Docker: {@code mvn verify -Plocalstack}. */
@Tag("product")
@Tag("localstack")
@ExtendWith(LocalStack.class)
class JobLineOnLocalStackTest extends JobLine {

  JobLineOnLocalStackTest(LocalOutpost outpost) {
    super(outpost);
  }
}
