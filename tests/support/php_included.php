<?php
Shop\query("included file");
