package io.outpost.blackbox;

import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("product")
@ExtendWith(SharedOutpost.class)
class JobLineOnEmbeddedAwsTest extends JobLine {

  JobLineOnEmbeddedAwsTest(LocalOutpost outpost) {
    super(outpost);
  }
}
