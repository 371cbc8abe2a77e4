// The page begins here.
import { App } from './app';
import { startTheme } from './theme';
import { kinds } from './views';

startTheme();
addEventListener('DOMContentLoaded', () => new App(kinds).start());
