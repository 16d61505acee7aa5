/** Whether the process and what it depends on can serve. */
package io.outpost.health;
