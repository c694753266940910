// Sends calls until a file appears, as a program does while its service restarts.
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

export const user = process.env.USER_ID;

const PAUSE_MILLISECONDS = 100;

// Calls `send` with a number for each call, until the file exists; then prints their count.
export async function steps(send) {
  let number = 0;
  while (!existsSync(process.env.STOP_FILE)) {
    send(number);
    number += 1;
    await pause(PAUSE_MILLISECONDS);
  }
  console.log(number);
}
