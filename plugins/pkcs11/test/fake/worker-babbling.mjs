/** Not the worker: something that does not speak its protocol. */
import { Socket } from 'node:net';

new Socket({ fd: 3 }).write('HTTP/1.1 400 Bad Request\r\n\r\n');
