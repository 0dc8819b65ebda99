// console.h: which of the core's serial ports is the console.
#ifndef BOARD_CONSOLE_H
#define BOARD_CONSOLE_H

#ifndef BOARD_CONSOLE
#define BOARD_CONSOLE Serial // Serial1: the pins RX and TX of boards whose Serial is USB
#endif
#ifndef BOARD_BAUD
#define BOARD_BAUD 115200 // USB takes no notice
#endif

#endif
